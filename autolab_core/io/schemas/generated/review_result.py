# generated from schemas/review_result.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 8f20608eceec4be97aea73a3697101d483ffeca86f7b702949b34c670fc079aa
from autolab_core.io.schemas.invalid import Invalid
from autolab_core.vocab.times import is_timestamp
NoneType = type(None)


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'status' not in data:
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'status' in data:
            data__status = data['status']
            if data__status not in ('pass', 'needs_retry', 'failed'):
                raise Invalid
        if 'blocking_findings' in data:
            data__blockingfindings = data['blocking_findings']
            if not isinstance(data__blockingfindings, list):
                raise Invalid
        if 'required_checks' in data:
            data__requiredchecks = data['required_checks']
            if not isinstance(data__requiredchecks, dict):
                raise Invalid
            data__requiredchecks_is_dict = isinstance(data__requiredchecks, dict)
            if data__requiredchecks_is_dict:
                for data__requiredchecks_key in data__requiredchecks:
                    if data__requiredchecks_key not in []:
                        data__requiredchecks_value = data__requiredchecks.get(data__requiredchecks_key)
                        if not isinstance(data__requiredchecks_value, str):
                            raise Invalid
        if 'reviewed_at' in data:
            data__reviewedat = data['reviewed_at']
            _check_optional_time(data__reviewedat)
        if 'reviewed' in data:
            data__reviewed = data['reviewed']
            if not isinstance(data__reviewed, (dict, NoneType)):
                raise Invalid
            data__reviewed_is_dict = isinstance(data__reviewed, dict)
            if data__reviewed_is_dict:
                if 'design_sha256' in data__reviewed:
                    data__reviewed__designsha256 = data__reviewed['design_sha256']
                    if not isinstance(data__reviewed__designsha256, (str, NoneType)):
                        raise Invalid
                if 'commit' in data__reviewed:
                    data__reviewed__commit = data__reviewed['commit']
                    if not isinstance(data__reviewed__commit, (str, NoneType)):
                        raise Invalid
                if 'files' in data__reviewed:
                    data__reviewed__files = data__reviewed['files']
                    if not isinstance(data__reviewed__files, dict):
                        raise Invalid
                    data__reviewed__files_is_dict = isinstance(data__reviewed__files, dict)
                    if data__reviewed__files_is_dict:
                        for data__reviewed__files_key in data__reviewed__files:
                            if data__reviewed__files_key not in []:
                                data__reviewed__files_value = data__reviewed__files.get(data__reviewed__files_key)
                                if not isinstance(data__reviewed__files_value, str):
                                    raise Invalid
                if 'by' in data__reviewed:
                    data__reviewed__by = data__reviewed['by']
                    if not isinstance(data__reviewed__by, (str, NoneType)):
                        raise Invalid
                if 'at' in data__reviewed:
                    data__reviewed__at = data__reviewed['at']
                    _check_optional_time(data__reviewed__at)


def _check_optional_time(data):
    if not isinstance(data, (str, NoneType)):
        raise Invalid
    if isinstance(data, str):
        if not is_timestamp(data):
            raise Invalid
