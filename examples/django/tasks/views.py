from django.db import transaction
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from . import events
from .jobs import summarise
from .models import Task


class TaskSerializer(serializers.ModelSerializer):
    class Meta:
        model = Task
        fields = ["id", "title", "done", "created_at"]


class TaskViewSet(viewsets.ModelViewSet):
    serializer_class = TaskSerializer

    def get_queryset(self):
        return Task.objects.filter(owner=self.request.user)

    @transaction.atomic
    def perform_create(self, serializer):
        task = serializer.save(owner=self.request.user)
        # After commit: nobody hears of what is rolled back.
        transaction.on_commit(lambda: events.stored(task.owner_id, "task.created", id=task.id, title=task.title))

    def perform_update(self, serializer):
        task = serializer.save()
        events.grouped(task.owner_id, "task.changed", id=task.id, done=task.done)

    @action(detail=False, methods=["post"])
    def typing(self, request):
        events.passing(request.user.id, "typing")
        return Response(status=204)

    @action(detail=False, methods=["post"])
    def summary(self, request):
        summarise.delay(request.user.id)
        return Response({"queued": True}, status=202)
