# generated from schemas/verifier_policy.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 050d6536e40ff001c2bec84ca6acc50c54adb23e1c35cb75d3a64ffa140b4db0
import re
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)
_PATTERN_0 = re.compile('^(?:inherit|none)(?![\\s\\S])')
_PATTERN_1 = re.compile('^(?![/~])(?!(?:[\\s\\S]*/)?\\.\\.(?:/|(?![\\s\\S])))(?![\\s\\S]*(?:\\{\\{[^{}]*\\}\\}|<[A-Z][A-Z0-9_]*>|<[a-z]+(?:_[a-z]+)+>))[^\\x00\\n\\\\]+(?![\\s\\S])')
_PATTERN_2 = re.compile('^(?!0+[KMGTkmgt]?[Bb]?(?![\\s\\S]))[0-9]{1,12}(?:[KMGTkmgt][Bb]?)?(?![\\s\\S])')
_PATTERN_3 = re.compile('^(?![0:-]*(?![\\s\\S]))(?:UNLIMITED|INFINITE|[0-9]{1,9}|[0-9]{1,9}:[0-5]?[0-9]|[0-9]{1,7}:[0-5]?[0-9]:[0-5]?[0-9]|[0-9]{1,6}-(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9](?::[0-5]?[0-9])?)?)(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'stages' in data:
            data__stages = data['stages']
            if not isinstance(data__stages, dict):
                raise Invalid
            data__stages_is_dict = isinstance(data__stages, dict)
            if data__stages_is_dict:
                for data__stages_key in data__stages:
                    if data__stages_key not in []:
                        data__stages_value = data__stages.get(data__stages_key)
                        if not isinstance(data__stages_value, dict):
                            raise Invalid
                        data__stages_value_is_dict = isinstance(data__stages_value, dict)
                        if data__stages_value_is_dict:
                            if 'run' in data__stages_value:
                                data__stages_value__run = data__stages_value['run']
                                if not isinstance(data__stages_value__run, list):
                                    raise Invalid
                                data__stages_value__run_is_list = isinstance(data__stages_value__run, list)
                                if data__stages_value__run_is_list:
                                    data__stages_value__run_len = len(data__stages_value__run)
                                    for data__stages_value__run_x, data__stages_value__run_item in enumerate(data__stages_value__run):
                                        if not isinstance(data__stages_value__run_item, str):
                                            raise Invalid
                            if 'required' in data__stages_value:
                                data__stages_value__required = data__stages_value['required']
                                if not isinstance(data__stages_value__required, list):
                                    raise Invalid
                                data__stages_value__required_is_list = isinstance(data__stages_value__required, list)
                                if data__stages_value__required_is_list:
                                    data__stages_value__required_len = len(data__stages_value__required)
                                    for data__stages_value__required_x, data__stages_value__required_item in enumerate(data__stages_value__required):
                                        if not isinstance(data__stages_value__required_item, str):
                                            raise Invalid
        if 'groups' in data:
            data__groups = data['groups']
            if not isinstance(data__groups, dict):
                raise Invalid
            data__groups_is_dict = isinstance(data__groups, dict)
            if data__groups_is_dict:
                for data__groups_key in data__groups:
                    if data__groups_key not in []:
                        data__groups_value = data__groups.get(data__groups_key)
                        if not isinstance(data__groups_value, list):
                            raise Invalid
                        data__groups_value_is_list = isinstance(data__groups_value, list)
                        if data__groups_value_is_list:
                            data__groups_value_len = len(data__groups_value)
                            for data__groups_value_x, data__groups_value_item in enumerate(data__groups_value):
                                if not isinstance(data__groups_value_item, str):
                                    raise Invalid
        if 'settings' in data:
            data__settings = data['settings']
            if not isinstance(data__settings, dict):
                raise Invalid
            data__settings_is_dict = isinstance(data__settings, dict)
            if data__settings_is_dict:
                for data__settings_key in data__settings:
                    if data__settings_key not in []:
                        data__settings_value = data__settings.get(data__settings_key)
                        if not isinstance(data__settings_value, dict):
                            raise Invalid
        if 'plugins' in data:
            data__plugins = data['plugins']
            if not isinstance(data__plugins, dict):
                raise Invalid
            data__plugins_is_dict = isinstance(data__plugins, dict)
            if data__plugins_is_dict:
                if 'block' in data__plugins:
                    data__plugins__block = data__plugins['block']
                    if not isinstance(data__plugins__block, list):
                        raise Invalid
                    data__plugins__block_is_list = isinstance(data__plugins__block, list)
                    if data__plugins__block_is_list:
                        data__plugins__block_len = len(data__plugins__block)
                        for data__plugins__block_x, data__plugins__block_item in enumerate(data__plugins__block):
                            if not isinstance(data__plugins__block_item, str):
                                raise Invalid
        if 'launch' in data:
            data__launch = data['launch']
            if not isinstance(data__launch, dict):
                raise Invalid
            data__launch_is_dict = isinstance(data__launch, dict)
            if data__launch_is_dict:
                if 'require_reviewed' in data__launch:
                    data__launch__requirereviewed = data__launch['require_reviewed']
                    if not isinstance(data__launch__requirereviewed, bool):
                        raise Invalid
                if 'scheduler' in data__launch:
                    data__launch__scheduler = data__launch['scheduler']
                    if not isinstance(data__launch__scheduler, (str, NoneType)):
                        raise Invalid
                    if isinstance(data__launch__scheduler, str):
                        data__launch__scheduler_len = len(data__launch__scheduler)
                        if data__launch__scheduler_len < 1:
                            raise Invalid
        if 'slurm' in data:
            data__slurm = data['slurm']
            if not isinstance(data__slurm, dict):
                raise Invalid
            data__slurm_is_dict = isinstance(data__slurm, dict)
            if data__slurm_is_dict:
                if 'requeue' in data__slurm:
                    data__slurm__requeue = data__slurm['requeue']
                    if not isinstance(data__slurm__requeue, bool):
                        raise Invalid
                if 'poll_seconds' in data__slurm:
                    data__slurm__pollseconds = data__slurm['poll_seconds']
                    if not isinstance(data__slurm__pollseconds, (int, NoneType)) and (not (isinstance(data__slurm__pollseconds, float) and data__slurm__pollseconds.is_integer())) or isinstance(data__slurm__pollseconds, bool):
                        raise Invalid
                    if isinstance(data__slurm__pollseconds, (int, float)) and (not isinstance(data__slurm__pollseconds, bool)):
                        if data__slurm__pollseconds < 0:
                            raise Invalid
                        if data__slurm__pollseconds > 3600:
                            raise Invalid
                if 'absent_grace' in data__slurm:
                    data__slurm__absentgrace = data__slurm['absent_grace']
                    _check_duration(data__slurm__absentgrace)
                if 'sync_grace' in data__slurm:
                    data__slurm__syncgrace = data__slurm['sync_grace']
                    _check_duration(data__slurm__syncgrace)
        if 'guard' in data:
            data__guard = data['guard']
            if not isinstance(data__guard, (dict, NoneType)):
                raise Invalid
            data__guard_is_dict = isinstance(data__guard, dict)
            if data__guard_is_dict:
                if 'require' in data__guard:
                    data__guard__require = data__guard['require']
                    if data__guard__require not in ('content', 'mount+landlock', 'mount', 'landlock', 'none'):
                        raise Invalid
                if 'network' in data__guard:
                    data__guard__network = data__guard['network']
                    if not isinstance(data__guard__network, (str, list)):
                        raise Invalid
                    if isinstance(data__guard__network, str):
                        if not _PATTERN_0.search(data__guard__network):
                            raise Invalid
                    data__guard__network_is_list = isinstance(data__guard__network, list)
                    if data__guard__network_is_list:
                        data__guard__network_len = len(data__guard__network)
                        for data__guard__network_x, data__guard__network_item in enumerate(data__guard__network):
                            if not isinstance(data__guard__network_item, int) and (not (isinstance(data__guard__network_item, float) and data__guard__network_item.is_integer())) or isinstance(data__guard__network_item, bool):
                                raise Invalid
                            if isinstance(data__guard__network_item, (int, float)) and (not isinstance(data__guard__network_item, bool)):
                                if data__guard__network_item < 1:
                                    raise Invalid
                                if data__guard__network_item > 65535:
                                    raise Invalid
                if 'writable' in data__guard:
                    data__guard__writable = data__guard['writable']
                    if not isinstance(data__guard__writable, list):
                        raise Invalid
                    data__guard__writable_is_list = isinstance(data__guard__writable, list)
                    if data__guard__writable_is_list:
                        data__guard__writable_len = len(data__guard__writable)
                        for data__guard__writable_x, data__guard__writable_item in enumerate(data__guard__writable):
                            if not isinstance(data__guard__writable_item, str):
                                raise Invalid
                if 'seal' in data__guard:
                    data__guard__seal = data__guard['seal']
                    if not isinstance(data__guard__seal, list):
                        raise Invalid
                    data__guard__seal_is_list = isinstance(data__guard__seal, list)
                    if data__guard__seal_is_list:
                        data__guard__seal_len = len(data__guard__seal)
                        for data__guard__seal_x, data__guard__seal_item in enumerate(data__guard__seal):
                            if not isinstance(data__guard__seal_item, str):
                                raise Invalid
        if 'compute' in data:
            data__compute = data['compute']
            if not isinstance(data__compute, dict):
                raise Invalid
            data__compute_is_dict = isinstance(data__compute, dict)
            if data__compute_is_dict:
                if 'preference' in data__compute:
                    data__compute__preference = data__compute['preference']
                    if data__compute__preference not in ('auto', 'local', 'cloud'):
                        raise Invalid
                if 'backends' in data__compute:
                    data__compute__backends = data__compute['backends']
                    if not isinstance(data__compute__backends, list):
                        raise Invalid
                    data__compute__backends_is_list = isinstance(data__compute__backends, list)
                    if data__compute__backends_is_list:
                        data__compute__backends_len = len(data__compute__backends)
                        for data__compute__backends_x, data__compute__backends_item in enumerate(data__compute__backends):
                            if not isinstance(data__compute__backends_item, dict):
                                raise Invalid
                            data__compute__backends_item_is_dict = isinstance(data__compute__backends_item, dict)
                            if data__compute__backends_item_is_dict:
                                if 'name' not in data__compute__backends_item or 'kind' not in data__compute__backends_item:
                                    raise Invalid
                                if 'name' in data__compute__backends_item:
                                    data__compute__backends_item__name = data__compute__backends_item['name']
                                    if not isinstance(data__compute__backends_item__name, str):
                                        raise Invalid
                                    if isinstance(data__compute__backends_item__name, str):
                                        data__compute__backends_item__name_len = len(data__compute__backends_item__name)
                                        if data__compute__backends_item__name_len < 1:
                                            raise Invalid
                                if 'kind' in data__compute__backends_item:
                                    data__compute__backends_item__kind = data__compute__backends_item['kind']
                                    if not isinstance(data__compute__backends_item__kind, str):
                                        raise Invalid
                                    if isinstance(data__compute__backends_item__kind, str):
                                        data__compute__backends_item__kind_len = len(data__compute__backends_item__kind)
                                        if data__compute__backends_item__kind_len < 1:
                                            raise Invalid
                                if 'max_memory' in data__compute__backends_item:
                                    data__compute__backends_item__maxmemory = data__compute__backends_item['max_memory']
                                    _check_memory(data__compute__backends_item__maxmemory)
                                if 'max_gpus' in data__compute__backends_item:
                                    data__compute__backends_item__maxgpus = data__compute__backends_item['max_gpus']
                                    if not isinstance(data__compute__backends_item__maxgpus, (int, NoneType)) and (not (isinstance(data__compute__backends_item__maxgpus, float) and data__compute__backends_item__maxgpus.is_integer())) or isinstance(data__compute__backends_item__maxgpus, bool):
                                        raise Invalid
                                    if isinstance(data__compute__backends_item__maxgpus, (int, float)) and (not isinstance(data__compute__backends_item__maxgpus, bool)):
                                        if data__compute__backends_item__maxgpus < 0:
                                            raise Invalid
                                if 'max_cpus' in data__compute__backends_item:
                                    data__compute__backends_item__maxcpus = data__compute__backends_item['max_cpus']
                                    if not isinstance(data__compute__backends_item__maxcpus, (int, NoneType)) and (not (isinstance(data__compute__backends_item__maxcpus, float) and data__compute__backends_item__maxcpus.is_integer())) or isinstance(data__compute__backends_item__maxcpus, bool):
                                        raise Invalid
                                    if isinstance(data__compute__backends_item__maxcpus, (int, float)) and (not isinstance(data__compute__backends_item__maxcpus, bool)):
                                        if data__compute__backends_item__maxcpus < 1:
                                            raise Invalid
                                if 'settings' in data__compute__backends_item:
                                    data__compute__backends_item__settings = data__compute__backends_item['settings']
                                    if not isinstance(data__compute__backends_item__settings, dict):
                                        raise Invalid
        if 'edit_scope' in data:
            data__editscope = data['edit_scope']
            if not isinstance(data__editscope, dict):
                raise Invalid
            data__editscope_is_dict = isinstance(data__editscope, dict)
            if data__editscope_is_dict:
                if 'orchestration' in data__editscope:
                    data__editscope__orchestration = data__editscope['orchestration']
                    if not isinstance(data__editscope__orchestration, bool):
                        raise Invalid
                if 'allowed' in data__editscope:
                    data__editscope__allowed = data__editscope['allowed']
                    if not isinstance(data__editscope__allowed, (list, NoneType)):
                        raise Invalid
                    data__editscope__allowed_is_list = isinstance(data__editscope__allowed, list)
                    if data__editscope__allowed_is_list:
                        data__editscope__allowed_len = len(data__editscope__allowed)
                        for data__editscope__allowed_x, data__editscope__allowed_item in enumerate(data__editscope__allowed):
                            _check_relative_path(data__editscope__allowed_item)
        if 'agent' in data:
            data__agent = data['agent']
            if not isinstance(data__agent, dict):
                raise Invalid
            data__agent_is_dict = isinstance(data__agent, dict)
            if data__agent_is_dict:
                if 'command' in data__agent:
                    data__agent__command = data__agent['command']
                    if not isinstance(data__agent__command, list):
                        raise Invalid
                    data__agent__command_is_list = isinstance(data__agent__command, list)
                    if data__agent__command_is_list:
                        data__agent__command_len = len(data__agent__command)
                        for data__agent__command_x, data__agent__command_item in enumerate(data__agent__command):
                            if not isinstance(data__agent__command_item, str):
                                raise Invalid
                if 'timeout' in data__agent:
                    data__agent__timeout = data__agent['timeout']
                    _check_duration(data__agent__timeout)


def _check_relative_path(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_1.search(data):
            raise Invalid


def _check_memory(data):
    if not isinstance(data, (str, int, NoneType)) and (not (isinstance(data, float) and data.is_integer())) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_2.search(data):
            raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 1:
            raise Invalid
        if data > 999999999999:
            raise Invalid


def _check_duration(data):
    if not isinstance(data, (str, int)) and (not (isinstance(data, float) and data.is_integer())) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_3.search(data):
            raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 1:
            raise Invalid
        if data > 999999999:
            raise Invalid
