from tests.factories.cast import Cast, make_calendar, make_cast, make_user
from tests.factories.clients import ClientFactory, PersonFactory, PhoneFactory

__all__ = ["Cast", "ClientFactory", "PersonFactory", "PhoneFactory", "make_calendar", "make_cast", "make_user"]
