def test_cast_has_two_departments_and_every_role(cast):
    assert cast.ivanova.department == cast.sales
    assert cast.belov.department == cast.other
    assert {user.role for user in cast.everybody} == {
        "hunter",
        "farmer",
        "intern",
        "head",
        "director",
        "quality",
        "accountant",
        "administrator",
    }
