"""Three ways to a browser, by what Django projects have anyway. No import of ours: a Redis client and Channels."""
import json

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

client = redis.Redis.from_url(settings.REDIS_URL)


def stored(user, kind, **data):
    """Kept: who is offline gets it later, in order, once."""
    client.xadd("gatecast:log", {"topic": f"user.{user}", "data": json.dumps({"type": kind, **data})}, maxlen=500_000, approximate=True)


def passing(user, kind, **data):
    """Not kept: typing, presence."""
    client.publish(f"live.user.{user}", json.dumps({"type": kind, **data}))


def grouped(user, kind, **data):
    """Channels' own, unchanged; `live.channels.map` in gatecast.yaml says which topic a group is."""
    async_to_sync(get_channel_layer().group_send)(f"user_{user}", {"type": "notify", "event": kind, "data": data})
