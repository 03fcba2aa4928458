from app.modules.recovery_module.db.models.mailbox import AccountMailbox, RecoveryToken

__all__ = ["AccountMailbox", "RecoveryToken"]
