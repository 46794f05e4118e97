# generated from schemas/decision_result.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 5152f358881bd5866ef7c49272198c35c6042cb8a5889103f27491f215337386
from autolab_core.io.schemas.invalid import Invalid


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'decision' not in data or 'rationale' not in data:
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'decision' in data:
            data__decision = data['decision']
            if data__decision not in ('hypothesis', 'design', 'launch', 'human_review', 'stop'):
                raise Invalid
        if 'rationale' in data:
            data__rationale = data['rationale']
            if not isinstance(data__rationale, str):
                raise Invalid
            if isinstance(data__rationale, str):
                data__rationale_len = len(data__rationale)
                if data__rationale_len < 1:
                    raise Invalid
        if 'evidence' in data:
            data__evidence = data['evidence']
            if not isinstance(data__evidence, list):
                raise Invalid
