import pytest

from common.limits import LARGEST_BODY


@pytest.mark.parametrize(
    ("path", "kind"), [("/clients/import/", "text/html"), ("/api/v1/imports/", "application/problem+json")]
)
def test_a_body_of_two_hundred_megabytes_is_refused_unread(client, path, kind):
    response = client.generic("POST", path, b"x", CONTENT_LENGTH=str(200 * 1024 * 1024))
    assert response.status_code == 413
    assert response["Content-Type"].startswith(kind)


def test_a_body_within_the_limit_goes_on(client, db):
    response = client.generic("POST", "/login/", b"x" * 10, CONTENT_LENGTH=str(LARGEST_BODY))
    assert response.status_code != 413
