"""Asking AWS: the clients, and every way in which an answer can fail, as one line. boto3 is imported here, and late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import attrs

from autolab_core.vocab.errors import EngineRejected, EngineUnknown, EngineUnreachable

__all__ = ["Clients", "asking", "submitting"]

_INSTALL: Final = "AWS Batch needs boto3: install autolab-verify[aws]"
_SIGN_IN: Final = "sign in (aws configure, aws sso login), or set AWS_PROFILE"
_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 60
_ATTEMPTS: Final = 3
# What says no for good. Everything else may have been accepted, or be accepted another time.
_ADVICE: Final = {
    "AccessDenied": "the credentials do not allow it",
    "AccessDeniedException": "the credentials do not allow it",
    "UnrecognizedClientException": f"the access key is not known; {_SIGN_IN}",
    "InvalidClientTokenId": f"the access key is not known; {_SIGN_IN}",
    "SignatureDoesNotMatch": f"the secret key does not fit; {_SIGN_IN}",
    "ExpiredToken": f"the credentials have expired; {_SIGN_IN}",
    "ExpiredTokenException": f"the credentials have expired; {_SIGN_IN}",
}
_TRY_LATER: Final = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded"})


@attrs.frozen(eq=False)
class Clients:
    """The clients of one account and region, each made when it is first asked for.

    Raises EngineUnreachable where boto3 is not installed, and where no region is known.
    """

    region: str | None = None
    _made: dict[tuple[str, bool], Any] = attrs.field(factory=dict, init=False)

    def get(self, service: str, *, once: bool = False) -> Any:
        """The client of *service*. With *once* a request is sent a single time: a repeated SubmitJob starts two jobs
        when the first reply is lost, for it knows no token."""
        if (service, once) not in self._made:
            self._made[service, once] = self._make(service, once)
        return self._made[service, once]

    def _make(self, service: str, once: bool) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise EngineUnreachable(_INSTALL) from None
        retries = {"total_max_attempts": 1 if once else _ATTEMPTS, "mode": "standard"}
        config = Config(retries=retries, connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS)
        with asking("AWS"):
            return boto3.session.Session().client(service, region_name=self.region, config=config)


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Whatever goes wrong inside is EngineUnreachable, with *what* was asked."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise EngineUnreachable(f"{what}: {_words(error)}") from error
    except BotoCoreError as error:
        raise EngineUnreachable(f"{what}: {_without_answer(error)}") from error


@contextmanager
def submitting(run_id: str) -> Iterator[None]:
    """What goes wrong inside is EngineRejected when AWS says no, or was never asked; EngineUnknown otherwise."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if 400 <= status < 500 and _code(error) not in _TRY_LATER:
            hint = "`cloud-run check` looks at the queue, the definition and the roles"
            raise EngineRejected(f"AWS Batch refuses the job: {_words(error)}; {hint}") from error
        raise EngineUnknown(f"it is not known whether AWS Batch accepted {run_id}: {_words(error)}") from error
    except (NoCredentialsError, ParamValidationError) as error:
        raise EngineRejected(f"the job was not sent: {_without_answer(error)}") from error
    except BotoCoreError as error:
        raise EngineUnknown(f"it is not known whether AWS Batch accepted {run_id}: {_without_answer(error)}") from error


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _words(error: Any) -> str:
    said = " ".join(str(error.response.get("Error", {}).get("Message") or "").split())
    code = _code(error)
    advice = _ADVICE.get(code)
    return f"{advice} ({code}: {said})" if advice else f"{said or code}"


def _without_answer(error: BaseException) -> str:
    """What botocore itself says, before or instead of an answer of AWS."""
    from botocore.exceptions import NoCredentialsError, NoRegionError, PartialCredentialsError, ProfileNotFound

    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return f"there are no credentials for AWS: {_SIGN_IN}"
    if isinstance(error, NoRegionError):
        return "no region is named: write settings.region, or set AWS_DEFAULT_REGION"
    if isinstance(error, ProfileNotFound):
        return f"{error}; {_SIGN_IN}"
    return " ".join(str(error).split())
