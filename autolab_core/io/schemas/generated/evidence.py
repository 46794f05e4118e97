# generated from schemas/evidence.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 65b01bab154ad2139bb15e7eb5e2e372a9202ea280d8c0be48e9a60287e32c0b
import re
from autolab_core.io.schemas.invalid import Invalid
from autolab_core.vocab.times import is_timestamp
NoneType = type(None)
_PATTERN_0 = re.compile('^(?![/~])(?!(?:[\\s\\S]*/)?\\.\\.(?:/|(?![\\s\\S])))(?![\\s\\S]*(?:\\{\\{[^{}]*\\}\\}|<[A-Z][A-Z0-9_]*>|<[a-z]+(?:_[a-z]+)+>))[^\\x00\\n\\\\]+(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'evidence' not in data:
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'evidence' in data:
            data__evidence = data['evidence']
            if not isinstance(data__evidence, list):
                raise Invalid
            data__evidence_is_list = isinstance(data__evidence, list)
            if data__evidence_is_list:
                data__evidence_len = len(data__evidence)
                for data__evidence_x, data__evidence_item in enumerate(data__evidence):
                    if not isinstance(data__evidence_item, dict):
                        raise Invalid
                    data__evidence_item_is_dict = isinstance(data__evidence_item, dict)
                    if data__evidence_item_is_dict:
                        if 'artifact_path' not in data__evidence_item or 'what_it_proves' not in data__evidence_item or 'verifier_output_pointer' not in data__evidence_item:
                            raise Invalid
                        if 'artifact_path' in data__evidence_item:
                            data__evidence_item__artifactpath = data__evidence_item['artifact_path']
                            _check_relative_path(data__evidence_item__artifactpath)
                        if 'what_it_proves' in data__evidence_item:
                            data__evidence_item__whatitproves = data__evidence_item['what_it_proves']
                            if not isinstance(data__evidence_item__whatitproves, str):
                                raise Invalid
                            if isinstance(data__evidence_item__whatitproves, str):
                                data__evidence_item__whatitproves_len = len(data__evidence_item__whatitproves)
                                if data__evidence_item__whatitproves_len < 1:
                                    raise Invalid
                        if 'verifier_output_pointer' in data__evidence_item:
                            data__evidence_item__verifieroutputpointer = data__evidence_item['verifier_output_pointer']
                            if not isinstance(data__evidence_item__verifieroutputpointer, str):
                                raise Invalid
                            if isinstance(data__evidence_item__verifieroutputpointer, str):
                                data__evidence_item__verifieroutputpointer_len = len(data__evidence_item__verifieroutputpointer)
                                if data__evidence_item__verifieroutputpointer_len < 1:
                                    raise Invalid
                        if 'excerpt' in data__evidence_item:
                            data__evidence_item__excerpt = data__evidence_item['excerpt']
                            if not isinstance(data__evidence_item__excerpt, (str, NoneType)):
                                raise Invalid
                        if 'command' in data__evidence_item:
                            data__evidence_item__command = data__evidence_item['command']
                            if not isinstance(data__evidence_item__command, (str, NoneType)):
                                raise Invalid
                        if 'at' in data__evidence_item:
                            data__evidence_item__at = data__evidence_item['at']
                            if not isinstance(data__evidence_item__at, (str, NoneType)):
                                raise Invalid
                            if isinstance(data__evidence_item__at, str):
                                if not is_timestamp(data__evidence_item__at):
                                    raise Invalid


def _check_relative_path(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_0.search(data):
            raise Invalid
