from celery import shared_task

from . import events
from .models import Task


@shared_task
def summarise(user):
    tasks = Task.objects.filter(owner=user)
    events.stored(user, "task.summary", open=tasks.filter(done=False).count(), done=tasks.filter(done=True).count())
