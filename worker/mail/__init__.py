"""Mail: letters composed, serialised, and handed to an outbox folder, an SMTP server or SendGrid."""
