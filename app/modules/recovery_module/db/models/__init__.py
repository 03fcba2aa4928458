from app.modules.recovery_module.db.models.mailbox import AccountMailbox, PendingSignUp, RecoveryToken

__all__ = ["AccountMailbox", "PendingSignUp", "RecoveryToken"]
