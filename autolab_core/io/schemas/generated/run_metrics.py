# generated from schemas/run_metrics.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 101e9f10e9bbdac94315f6f82fb69689335a1cd567a20f126122ddbe9e7aa0fe
import re
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)
_PATTERN_0 = re.compile('^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'iteration_id' not in data or 'run_id' not in data or 'status' not in data or ('primary_metric' not in data):
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'iteration_id' in data:
            data__iterationid = data['iteration_id']
            _check_id(data__iterationid)
        if 'run_id' in data:
            data__runid = data['run_id']
            _check_id(data__runid)
        if 'status' in data:
            data__status = data['status']
            if data__status not in ('completed', 'partial', 'failed'):
                raise Invalid
        if 'primary_metric' in data:
            data__primarymetric = data['primary_metric']
            if not isinstance(data__primarymetric, dict):
                raise Invalid
            data__primarymetric_is_dict = isinstance(data__primarymetric, dict)
            if data__primarymetric_is_dict:
                if 'name' not in data__primarymetric or 'value' not in data__primarymetric:
                    raise Invalid
                if 'name' in data__primarymetric:
                    data__primarymetric__name = data__primarymetric['name']
                    if not isinstance(data__primarymetric__name, str):
                        raise Invalid
                    if isinstance(data__primarymetric__name, str):
                        data__primarymetric__name_len = len(data__primarymetric__name)
                        if data__primarymetric__name_len < 1:
                            raise Invalid
                if 'value' in data__primarymetric:
                    data__primarymetric__value = data__primarymetric['value']
                    if not isinstance(data__primarymetric__value, (int, float, NoneType)) or isinstance(data__primarymetric__value, bool):
                        raise Invalid
                if 'delta_vs_baseline' in data__primarymetric:
                    data__primarymetric__deltavsbaseline = data__primarymetric['delta_vs_baseline']
                    if not isinstance(data__primarymetric__deltavsbaseline, (int, float, NoneType)) or isinstance(data__primarymetric__deltavsbaseline, bool):
                        raise Invalid
        if 'baseline_results' in data:
            data__baselineresults = data['baseline_results']
            if not isinstance(data__baselineresults, list):
                raise Invalid
            data__baselineresults_is_list = isinstance(data__baselineresults, list)
            if data__baselineresults_is_list:
                data__baselineresults_len = len(data__baselineresults)
                for data__baselineresults_x, data__baselineresults_item in enumerate(data__baselineresults):
                    _check_arm_result(data__baselineresults_item)
        if 'variant_results' in data:
            data__variantresults = data['variant_results']
            if not isinstance(data__variantresults, list):
                raise Invalid
            data__variantresults_is_list = isinstance(data__variantresults, list)
            if data__variantresults_is_list:
                data__variantresults_len = len(data__variantresults)
                for data__variantresults_x, data__variantresults_item in enumerate(data__variantresults):
                    _check_arm_result(data__variantresults_item)
        if 'aggregation_method' in data:
            data__aggregationmethod = data['aggregation_method']
            if not isinstance(data__aggregationmethod, (str, NoneType)):
                raise Invalid
        if 'per_run_metrics' in data:
            data__perrunmetrics = data['per_run_metrics']
            if not isinstance(data__perrunmetrics, list):
                raise Invalid
            data__perrunmetrics_is_list = isinstance(data__perrunmetrics, list)
            if data__perrunmetrics_is_list:
                data__perrunmetrics_len = len(data__perrunmetrics)
                for data__perrunmetrics_x, data__perrunmetrics_item in enumerate(data__perrunmetrics):
                    if not isinstance(data__perrunmetrics_item, dict):
                        raise Invalid
        if 'missing' in data:
            data__missing = data['missing']
            if not isinstance(data__missing, list):
                raise Invalid
            data__missing_is_list = isinstance(data__missing, list)
            if data__missing_is_list:
                data__missing_len = len(data__missing)
                for data__missing_x, data__missing_item in enumerate(data__missing):
                    if not isinstance(data__missing_item, str):
                        raise Invalid


def _check_arm_result(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'name' not in data or 'value' not in data:
            raise Invalid
        if 'name' in data:
            data__name = data['name']
            if not isinstance(data__name, str):
                raise Invalid
            if isinstance(data__name, str):
                data__name_len = len(data__name)
                if data__name_len < 1:
                    raise Invalid
        if 'value' in data:
            data__value = data['value']
            if not isinstance(data__value, (int, float, NoneType)) or isinstance(data__value, bool):
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
