from app.modules.jobs_module.db.models.job import JobRow, JobScheduleRow

__all__ = ["JobRow", "JobScheduleRow"]
