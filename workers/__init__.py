"""The Celery side: the app, the tasks, the ticks."""
