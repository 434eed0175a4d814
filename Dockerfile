FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATE_DIR=/app/var
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# Catalogues and static files are part of the image; the addresses below serve this step alone.
RUN python -m common.messages compile \
 && SECRET_KEY=for-collecting-static-files-in-the-image DATABASE_URL=postgres://build@build/build \
    REDIS_URL=redis://build python manage.py collectstatic --noinput --verbosity 0 \
 && useradd --system --uid 10001 svetofor \
 && mkdir -p var/files var/backups && chown -R svetofor var
USER svetofor
EXPOSE 8000
CMD ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000"]
