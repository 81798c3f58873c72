"""Staff accounts; and the tables of libraries, which are nobody's business here."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

HIDDEN = (
    *(AccessAttempt, AccessFailureLog, AccessLog),
    *(Failure, OrmQ, Schedule, Success),
)

for model in (User, Group, *HIDDEN):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserScreen(PlainUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # Unfold has no types
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "email", "is_staff", "last_login"]


@admin.register(Group)
class GroupScreen(PlainGroupAdmin, ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    pass
