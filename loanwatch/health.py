"""Answers for the machines that watch the machine."""

from django.http import HttpRequest, JsonResponse


def alive(request: HttpRequest) -> JsonResponse:
    """The process answers. Says nothing of the database: a restart would not mend that."""
    return JsonResponse({"alive": True})
