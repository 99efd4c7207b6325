FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DIALER_HOME=/var/lib/dialer

RUN useradd --uid 10001 --create-home dialer \
    && install -d -o dialer -g dialer /var/lib/dialer

WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY dialer/ dialer/
COPY workers/ workers/
COPY campaigns/ campaigns/
RUN pip install --constraint constraints.txt --editable .

USER dialer
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "dialer.web.app:create_app", "--factory", \
     "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--timeout-graceful-shutdown", "5"]
