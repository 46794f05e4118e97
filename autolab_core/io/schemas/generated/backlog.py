# generated from schemas/backlog.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 be18c1ad191fb760df77096a6e1d3794ef7e0d6086e19d01dbd250e8d4559fe0
import re
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)
_PATTERN_0 = re.compile('^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'hypotheses' in data:
            data__hypotheses = data['hypotheses']
            if not isinstance(data__hypotheses, list):
                raise Invalid
            data__hypotheses_is_list = isinstance(data__hypotheses, list)
            if data__hypotheses_is_list:
                data__hypotheses_len = len(data__hypotheses)
                for data__hypotheses_x, data__hypotheses_item in enumerate(data__hypotheses):
                    if not isinstance(data__hypotheses_item, dict):
                        raise Invalid
        if 'experiments' in data:
            data__experiments = data['experiments']
            if not isinstance(data__experiments, list):
                raise Invalid
            data__experiments_is_list = isinstance(data__experiments, list)
            if data__experiments_is_list:
                data__experiments_len = len(data__experiments)
                for data__experiments_x, data__experiments_item in enumerate(data__experiments):
                    if not isinstance(data__experiments_item, dict):
                        raise Invalid
                    data__experiments_item_is_dict = isinstance(data__experiments_item, dict)
                    if data__experiments_item_is_dict:
                        if 'id' not in data__experiments_item or 'status' not in data__experiments_item:
                            raise Invalid
                        if 'id' in data__experiments_item:
                            data__experiments_item__id = data__experiments_item['id']
                            _check_id(data__experiments_item__id)
                        if 'status' in data__experiments_item:
                            data__experiments_item__status = data__experiments_item['status']
                            if not isinstance(data__experiments_item__status, str):
                                raise Invalid
                        if 'hypothesis_id' in data__experiments_item:
                            data__experiments_item__hypothesisid = data__experiments_item['hypothesis_id']
                            _check_optional_id(data__experiments_item__hypothesisid)
                        if 'type' in data__experiments_item:
                            data__experiments_item__type = data__experiments_item['type']
                            if not isinstance(data__experiments_item__type, (str, NoneType)):
                                raise Invalid
                        if 'iteration_id' in data__experiments_item:
                            data__experiments_item__iterationid = data__experiments_item['iteration_id']
                            _check_optional_id(data__experiments_item__iterationid)


def _check_optional_id(data):
    if not isinstance(data, (str, NoneType)):
        raise Invalid
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 128:
            raise Invalid
        if not _PATTERN_0.search(data):
            raise Invalid


def _check_id(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 128:
            raise Invalid
        if not _PATTERN_0.search(data):
            raise Invalid
