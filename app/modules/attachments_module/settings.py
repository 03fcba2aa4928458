"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup
from app.settings.limits_settings import RateLimit

MAX_BYTES = 2**42

CREATE_ATTACHMENT = RateLimit(
    "create_attachment", "600/10 minutes", "account", "files uploaded, per account", "загруженных файлов на аккаунт"
)
UPLOAD_PART = RateLimit(
    "upload_part",
    "3000/10 minutes",
    "account",
    "requests with a part of a file, per account",
    "запросов с частью файла на аккаунт",
)
DOWNLOAD = RateLimit(
    "download_file",
    "6000/10 minutes",
    "account",
    "requests for the bytes of files, per account",
    "запросов содержимого файлов на аккаунт",
)
CHANGE_AVATAR = RateLimit(
    "change_avatar",
    "60/10 minutes",
    "account",
    "avatars set and removed, per account",
    "изменений аватаров на аккаунт",
)


def _check_store(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme == "file" and (parts.netloc or parts.path):
        return value
    if parts.scheme == "s3" and parts.netloc:
        return value
    raise ValueError("must be file:///folder, file://folder (inside the project) or s3://bucket/prefix")


class AttachmentSettings(SettingsGroup):
    """Variables `ATTACHMENT_*`."""

    model_config = SettingsConfigDict(env_prefix="ATTACHMENT_")

    store: Annotated[str, AfterValidator(_check_store)] = Field(
        "file://.data/files",
        description="where files are kept: file:///folder, or s3://bucket/prefix; all processes need the same one",
    )
    max_bytes: int = Field(52_428_800, ge=1, le=MAX_BYTES, description="maximum size of a file, in bytes")
    quota_bytes: int = Field(
        2_147_483_648,
        ge=1,
        le=MAX_BYTES,
        description="limit of the total size of the files of an account and its bots, in bytes",
    )
    s3_endpoint: str | None = Field(None, description="address of the S3 service; unset: Amazon's")
    s3_region: str = Field("us-east-1", description="region of the bucket")
    s3_access_key_id: str | None = Field(None, description="access key of the S3 service")
    s3_secret_access_key: SecretStr | None = Field(None, description="secret key of the S3 service")

    russian: ClassVar[Mapping[str, str]] = {
        "store": "где хранятся файлы: file:///папка или s3://bucket/prefix; всем процессам нужно одно и то же место",
        "max_bytes": "предельный размер файла, в байтах",
        "quota_bytes": "предел общего размера файлов аккаунта и его ботов, в байтах",
        "s3_endpoint": "адрес службы S3; без него — служба Amazon",
        "s3_region": "регион бакета",
        "s3_access_key_id": "идентификатор ключа службы S3 (access key ID)",
        "s3_secret_access_key": "секретный ключ службы S3",
    }
