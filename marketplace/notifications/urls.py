from django.urls import path

from marketplace.notifications import views

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.read_all, name="notifications_read"),
    path("notifications/<int:pk>/", views.open_notification, name="notification_open"),
    path("notifications/stop/<str:token>/", views.stop_mail, name="mail_stop"),
    path("profile/", views.profile, name="profile"),
]
