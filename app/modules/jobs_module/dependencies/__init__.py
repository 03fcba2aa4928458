from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.jobs_module.extension import Jobs

JobsDep = Annotated[Jobs, service(Jobs)]
