"""The linter of `make lint` bites."""

from __future__ import annotations

from django.db import connection, migrations, models
from django_migration_linter.sql_analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser


def _verdict(operation: migrations.operations.base.Operation) -> set[str]:
    from django.db.migrations.loader import MigrationLoader

    state = MigrationLoader(connection).project_state()
    after = state.clone()
    operation.state_forwards("clients", after)
    with connection.schema_editor(collect_sql=True) as editor:
        operation.database_forwards("clients", editor, state, after)
    errors, *_ = analyse_sql_statements(PostgresqlAnalyser, editor.collected_sql)
    return {error.code for error in errors}


def test_a_migration_an_older_release_could_not_live_with_is_refused(db):
    demanded = models.CharField(max_length=10, default="x")
    assert _verdict(migrations.AddField("client", "mood", demanded)) == {"NOT_NULL"}
    assert _verdict(migrations.RemoveField("client", "name")) == {"DROP_COLUMN"}
    assert _verdict(migrations.RenameField("client", "name", "title")) == {"RENAME_COLUMN"}


def test_an_expanding_migration_passes(db):
    kept = models.CharField(max_length=10, default="x", db_default="x")
    assert _verdict(migrations.AddField("client", "mood", kept)) == set()
    assert _verdict(migrations.AddField("client", "mood", models.CharField(max_length=10, null=True))) == set()
