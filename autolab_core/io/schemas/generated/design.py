# generated from schemas/design.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 4fd611c7b686a3b7c3f75bc4ca8f0b0d693f670698662888be90985bfb2c6f95
import re
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)
_PATTERN_0 = re.compile('^(?![/~])(?!(?:[\\s\\S]*/)?\\.\\.(?:/|(?![\\s\\S])))(?![\\s\\S]*(?:\\{\\{[^{}]*\\}\\}|<[A-Z][A-Z0-9_]*>|<[a-z]+(?:_[a-z]+)+>))[^\\x00\\n\\\\]+(?![\\s\\S])')
_PATTERN_1 = re.compile('^(?!0+[KMGTkmgt]?[Bb]?(?![\\s\\S]))[0-9]{1,12}(?:[KMGTkmgt][Bb]?)?(?![\\s\\S])')
_PATTERN_2 = re.compile('^(?![0:-]*(?![\\s\\S]))(?:UNLIMITED|INFINITE|[0-9]{1,9}|[0-9]{1,9}:[0-5]?[0-9]|[0-9]{1,7}:[0-5]?[0-9]:[0-5]?[0-9]|[0-9]{1,6}-(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9](?::[0-5]?[0-9])?)?)(?![\\s\\S])')
_PATTERN_3 = re.compile('^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'iteration_id' not in data or 'entrypoint' not in data or 'metrics' not in data:
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'id' in data:
            data__id = data['id']
            _check_optional_id(data__id)
        if 'iteration_id' in data:
            data__iterationid = data['iteration_id']
            _check_id(data__iterationid)
        if 'hypothesis_id' in data:
            data__hypothesisid = data['hypothesis_id']
            _check_optional_id(data__hypothesisid)
        if 'spec' in data:
            data__spec = data['spec']
            _check_optional_relative_path(data__spec)
        if 'entrypoint' in data:
            data__entrypoint = data['entrypoint']
            if not isinstance(data__entrypoint, dict):
                raise Invalid
            data__entrypoint_any_of_count1 = 0
            if not data__entrypoint_any_of_count1:
                try:
                    data__entrypoint_is_dict = isinstance(data__entrypoint, dict)
                    if data__entrypoint_is_dict:
                        if 'module' not in data__entrypoint:
                            raise Invalid
                        if 'module' in data__entrypoint:
                            data__entrypoint__module = data__entrypoint['module']
                            if not isinstance(data__entrypoint__module, str):
                                raise Invalid
                        if 'cli' in data__entrypoint:
                            data__entrypoint__cli = data__entrypoint['cli']
                            if not isinstance(data__entrypoint__cli, NoneType):
                                raise Invalid
                    data__entrypoint_any_of_count1 += 1
                except Invalid:
                    pass
            if not data__entrypoint_any_of_count1:
                try:
                    data__entrypoint_is_dict = isinstance(data__entrypoint, dict)
                    if data__entrypoint_is_dict:
                        if 'cli' not in data__entrypoint:
                            raise Invalid
                        if 'cli' in data__entrypoint:
                            data__entrypoint__cli = data__entrypoint['cli']
                            if not isinstance(data__entrypoint__cli, str):
                                raise Invalid
                        if 'module' in data__entrypoint:
                            data__entrypoint__module = data__entrypoint['module']
                            if not isinstance(data__entrypoint__module, NoneType):
                                raise Invalid
                        if 'args' in data__entrypoint:
                            data__entrypoint__args = data__entrypoint['args']
                            data__entrypoint__args_is_dict = isinstance(data__entrypoint__args, dict)
                            if data__entrypoint__args_is_dict:
                                data__entrypoint__args_len = len(data__entrypoint__args)
                                if data__entrypoint__args_len > 0:
                                    raise Invalid
                    data__entrypoint_any_of_count1 += 1
                except Invalid:
                    pass
            if not data__entrypoint_any_of_count1:
                raise Invalid
            data__entrypoint_is_dict = isinstance(data__entrypoint, dict)
            if data__entrypoint_is_dict:
                if 'module' in data__entrypoint:
                    data__entrypoint__module = data__entrypoint['module']
                    if not isinstance(data__entrypoint__module, (str, NoneType)):
                        raise Invalid
                    if isinstance(data__entrypoint__module, str):
                        data__entrypoint__module_len = len(data__entrypoint__module)
                        if data__entrypoint__module_len < 1:
                            raise Invalid
                if 'args' in data__entrypoint:
                    data__entrypoint__args = data__entrypoint['args']
                    if not isinstance(data__entrypoint__args, dict):
                        raise Invalid
                if 'cli' in data__entrypoint:
                    data__entrypoint__cli = data__entrypoint['cli']
                    if not isinstance(data__entrypoint__cli, (str, NoneType)):
                        raise Invalid
                    if isinstance(data__entrypoint__cli, str):
                        data__entrypoint__cli_len = len(data__entrypoint__cli)
                        if data__entrypoint__cli_len < 1:
                            raise Invalid
        if 'compute' in data:
            data__compute = data['compute']
            if not isinstance(data__compute, dict):
                raise Invalid
            data__compute_is_dict = isinstance(data__compute, dict)
            if data__compute_is_dict:
                if 'location' in data__compute:
                    data__compute__location = data__compute['location']
                    if data__compute__location not in ('local', 'slurm', None):
                        raise Invalid
                if 'remote' in data__compute:
                    data__compute__remote = data__compute['remote']
                    if not isinstance(data__compute__remote, (str, NoneType)):
                        raise Invalid
                    if isinstance(data__compute__remote, str):
                        data__compute__remote_len = len(data__compute__remote)
                        if data__compute__remote_len < 1:
                            raise Invalid
                if 'walltime_estimate' in data__compute:
                    data__compute__walltimeestimate = data__compute['walltime_estimate']
                    _check_duration(data__compute__walltimeestimate)
                if 'memory_estimate' in data__compute:
                    data__compute__memoryestimate = data__compute['memory_estimate']
                    _check_memory(data__compute__memoryestimate)
                if 'gpu_count' in data__compute:
                    data__compute__gpucount = data__compute['gpu_count']
                    if not isinstance(data__compute__gpucount, int) and (not (isinstance(data__compute__gpucount, float) and data__compute__gpucount.is_integer())) or isinstance(data__compute__gpucount, bool):
                        raise Invalid
                    if isinstance(data__compute__gpucount, (int, float)) and (not isinstance(data__compute__gpucount, bool)):
                        if data__compute__gpucount < 0:
                            raise Invalid
                if 'gpu_type' in data__compute:
                    data__compute__gputype = data__compute['gpu_type']
                    if not isinstance(data__compute__gputype, (str, NoneType)):
                        raise Invalid
                if 'partition' in data__compute:
                    data__compute__partition = data__compute['partition']
                    if not isinstance(data__compute__partition, (str, NoneType)):
                        raise Invalid
                if 'qos' in data__compute:
                    data__compute__qos = data__compute['qos']
                    if not isinstance(data__compute__qos, (str, NoneType)):
                        raise Invalid
                if 'account' in data__compute:
                    data__compute__account = data__compute['account']
                    if not isinstance(data__compute__account, (str, NoneType)):
                        raise Invalid
                if 'num_nodes' in data__compute:
                    data__compute__numnodes = data__compute['num_nodes']
                    if not isinstance(data__compute__numnodes, int) and (not (isinstance(data__compute__numnodes, float) and data__compute__numnodes.is_integer())) or isinstance(data__compute__numnodes, bool):
                        raise Invalid
                    if isinstance(data__compute__numnodes, (int, float)) and (not isinstance(data__compute__numnodes, bool)):
                        if data__compute__numnodes < 1:
                            raise Invalid
                if 'cpus' in data__compute:
                    data__compute__cpus = data__compute['cpus']
                    if not isinstance(data__compute__cpus, (int, NoneType)) and (not (isinstance(data__compute__cpus, float) and data__compute__cpus.is_integer())) or isinstance(data__compute__cpus, bool):
                        raise Invalid
                    if isinstance(data__compute__cpus, (int, float)) and (not isinstance(data__compute__cpus, bool)):
                        if data__compute__cpus < 1:
                            raise Invalid
                if 'seed' in data__compute:
                    data__compute__seed = data__compute['seed']
                    if not isinstance(data__compute__seed, (int, NoneType)) and (not (isinstance(data__compute__seed, float) and data__compute__seed.is_integer())) or isinstance(data__compute__seed, bool):
                        raise Invalid
        if 'metrics' in data:
            data__metrics = data['metrics']
            if not isinstance(data__metrics, dict):
                raise Invalid
            data__metrics_is_dict = isinstance(data__metrics, dict)
            if data__metrics_is_dict:
                if 'primary' not in data__metrics:
                    raise Invalid
                if 'primary' in data__metrics:
                    data__metrics__primary = data__metrics['primary']
                    if not isinstance(data__metrics__primary, dict):
                        raise Invalid
                    data__metrics__primary_is_dict = isinstance(data__metrics__primary, dict)
                    if data__metrics__primary_is_dict:
                        if 'name' not in data__metrics__primary:
                            raise Invalid
                        if 'name' in data__metrics__primary:
                            data__metrics__primary__name = data__metrics__primary['name']
                            if not isinstance(data__metrics__primary__name, str):
                                raise Invalid
                            if isinstance(data__metrics__primary__name, str):
                                data__metrics__primary__name_len = len(data__metrics__primary__name)
                                if data__metrics__primary__name_len < 1:
                                    raise Invalid
                        if 'unit' in data__metrics__primary:
                            data__metrics__primary__unit = data__metrics__primary['unit']
                            if not isinstance(data__metrics__primary__unit, (str, NoneType)):
                                raise Invalid
                        if 'mode' in data__metrics__primary:
                            data__metrics__primary__mode = data__metrics__primary['mode']
                            if data__metrics__primary__mode not in ('maximize', 'minimize', None):
                                raise Invalid
                if 'secondary' in data__metrics:
                    data__metrics__secondary = data__metrics['secondary']
                    if not isinstance(data__metrics__secondary, list):
                        raise Invalid
                    data__metrics__secondary_is_list = isinstance(data__metrics__secondary, list)
                    if data__metrics__secondary_is_list:
                        data__metrics__secondary_len = len(data__metrics__secondary)
                        for data__metrics__secondary_x, data__metrics__secondary_item in enumerate(data__metrics__secondary):
                            if not isinstance(data__metrics__secondary_item, str):
                                raise Invalid
                if 'success_delta' in data__metrics:
                    data__metrics__successdelta = data__metrics['success_delta']
                    if not isinstance(data__metrics__successdelta, (str, int, float, NoneType)) or isinstance(data__metrics__successdelta, bool):
                        raise Invalid
                if 'aggregation' in data__metrics:
                    data__metrics__aggregation = data__metrics['aggregation']
                    if not isinstance(data__metrics__aggregation, (str, NoneType)):
                        raise Invalid
                if 'baseline_comparison' in data__metrics:
                    data__metrics__baselinecomparison = data__metrics['baseline_comparison']
                    if not isinstance(data__metrics__baselinecomparison, (str, NoneType)):
                        raise Invalid
        if 'inputs' in data:
            data__inputs = data['inputs']
            if not isinstance(data__inputs, list):
                raise Invalid
            data__inputs_is_list = isinstance(data__inputs, list)
            if data__inputs_is_list:
                data__inputs_len = len(data__inputs)
                for data__inputs_x, data__inputs_item in enumerate(data__inputs):
                    _check_relative_path(data__inputs_item)
        if 'baselines' in data:
            data__baselines = data['baselines']
            if not isinstance(data__baselines, list):
                raise Invalid
            data__baselines_is_list = isinstance(data__baselines, list)
            if data__baselines_is_list:
                data__baselines_len = len(data__baselines)
                for data__baselines_x, data__baselines_item in enumerate(data__baselines):
                    _check_arm(data__baselines_item)
        if 'variants' in data:
            data__variants = data['variants']
            if not isinstance(data__variants, list):
                raise Invalid
            data__variants_is_list = isinstance(data__variants, list)
            if data__variants_is_list:
                data__variants_len = len(data__variants)
                for data__variants_x, data__variants_item in enumerate(data__variants):
                    _check_arm(data__variants_item)
        if 'replicates' in data:
            data__replicates = data['replicates']
            if not isinstance(data__replicates, (dict, NoneType)):
                raise Invalid
            data__replicates_is_dict = isinstance(data__replicates, dict)
            if data__replicates_is_dict:
                if 'count' not in data__replicates:
                    raise Invalid
                if 'count' in data__replicates:
                    data__replicates__count = data__replicates['count']
                    if not isinstance(data__replicates__count, int) and (not (isinstance(data__replicates__count, float) and data__replicates__count.is_integer())) or isinstance(data__replicates__count, bool):
                        raise Invalid
                    if isinstance(data__replicates__count, (int, float)) and (not isinstance(data__replicates__count, bool)):
                        if data__replicates__count < 1:
                            raise Invalid
                if 'seed_strategy' in data__replicates:
                    data__replicates__seedstrategy = data__replicates['seed_strategy']
                    if not isinstance(data__replicates__seedstrategy, (str, NoneType)):
                        raise Invalid
                if 'base_seed' in data__replicates:
                    data__replicates__baseseed = data__replicates['base_seed']
                    if not isinstance(data__replicates__baseseed, (int, NoneType)) and (not (isinstance(data__replicates__baseseed, float) and data__replicates__baseseed.is_integer())) or isinstance(data__replicates__baseseed, bool):
                        raise Invalid
        if 'implementation_requirements' in data:
            data__implementationrequirements = data['implementation_requirements']
            if not isinstance(data__implementationrequirements, list):
                raise Invalid
            data__implementationrequirements_is_list = isinstance(data__implementationrequirements, list)
            if data__implementationrequirements_is_list:
                data__implementationrequirements_len = len(data__implementationrequirements)
                for data__implementationrequirements_x, data__implementationrequirements_item in enumerate(data__implementationrequirements):
                    if not isinstance(data__implementationrequirements_item, dict):
                        raise Invalid
        if 'extract_parser' in data:
            data__extractparser = data['extract_parser']
            if not isinstance(data__extractparser, (dict, NoneType)):
                raise Invalid
            data__extractparser_is_dict = isinstance(data__extractparser, dict)
            if data__extractparser_is_dict:
                if 'kind' not in data__extractparser:
                    raise Invalid
                if 'kind' in data__extractparser:
                    data__extractparser__kind = data__extractparser['kind']
                    if data__extractparser__kind not in ('command', 'python'):
                        raise Invalid
                if 'command' in data__extractparser:
                    data__extractparser__command = data__extractparser['command']
                    if not isinstance(data__extractparser__command, (str, NoneType)):
                        raise Invalid
                if 'module' in data__extractparser:
                    data__extractparser__module = data__extractparser['module']
                    if not isinstance(data__extractparser__module, (str, NoneType)):
                        raise Invalid
                if 'callable' in data__extractparser:
                    data__extractparser__callable = data__extractparser['callable']
                    if not isinstance(data__extractparser__callable, (str, NoneType)):
                        raise Invalid
                if 'timeout' in data__extractparser:
                    data__extractparser__timeout = data__extractparser['timeout']
                    _check_duration(data__extractparser__timeout)
            try:
                data__extractparser_is_dict = isinstance(data__extractparser, dict)
                if data__extractparser_is_dict:
                    if 'kind' in data__extractparser:
                        data__extractparser__kind = data__extractparser['kind']
                        if not (isinstance(data__extractparser__kind, str) and data__extractparser__kind == 'command'):
                            raise Invalid
            except Invalid:
                data__extractparser_is_dict = isinstance(data__extractparser, dict)
                if data__extractparser_is_dict:
                    if 'module' not in data__extractparser or 'callable' not in data__extractparser:
                        raise Invalid
                    if 'module' in data__extractparser:
                        data__extractparser__module = data__extractparser['module']
                        if not isinstance(data__extractparser__module, str):
                            raise Invalid
                        if isinstance(data__extractparser__module, str):
                            data__extractparser__module_len = len(data__extractparser__module)
                            if data__extractparser__module_len < 1:
                                raise Invalid
                    if 'callable' in data__extractparser:
                        data__extractparser__callable = data__extractparser['callable']
                        if not isinstance(data__extractparser__callable, str):
                            raise Invalid
                        if isinstance(data__extractparser__callable, str):
                            data__extractparser__callable_len = len(data__extractparser__callable)
                            if data__extractparser__callable_len < 1:
                                raise Invalid
            else:
                data__extractparser_is_dict = isinstance(data__extractparser, dict)
                if data__extractparser_is_dict:
                    if 'command' not in data__extractparser:
                        raise Invalid
                    if 'command' in data__extractparser:
                        data__extractparser__command = data__extractparser['command']
                        if not isinstance(data__extractparser__command, str):
                            raise Invalid
                        if isinstance(data__extractparser__command, str):
                            data__extractparser__command_len = len(data__extractparser__command)
                            if data__extractparser__command_len < 1:
                                raise Invalid


def _check_arm(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'name' not in data:
            raise Invalid
        if 'name' in data:
            data__name = data['name']
            if not isinstance(data__name, str):
                raise Invalid
            if isinstance(data__name, str):
                data__name_len = len(data__name)
                if data__name_len < 1:
                    raise Invalid
        if 'description' in data:
            data__description = data['description']
            if not isinstance(data__description, (str, NoneType)):
                raise Invalid
        if 'changes' in data:
            data__changes = data['changes']
            if not isinstance(data__changes, dict):
                raise Invalid


def _check_relative_path(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_0.search(data):
            raise Invalid


def _check_memory(data):
    if not isinstance(data, (str, int, NoneType)) and (not (isinstance(data, float) and data.is_integer())) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_1.search(data):
            raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 1:
            raise Invalid
        if data > 999999999999:
            raise Invalid


def _check_duration(data):
    if not isinstance(data, (str, int, NoneType)) and (not (isinstance(data, float) and data.is_integer())) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_2.search(data):
            raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 1:
            raise Invalid
        if data > 999999999:
            raise Invalid


def _check_optional_relative_path(data):
    if not isinstance(data, (str, NoneType)):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_0.search(data):
            raise Invalid


def _check_id(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 128:
            raise Invalid
        if not _PATTERN_3.search(data):
            raise Invalid


def _check_optional_id(data):
    if not isinstance(data, (str, NoneType)):
        raise Invalid
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 128:
            raise Invalid
        if not _PATTERN_3.search(data):
            raise Invalid
