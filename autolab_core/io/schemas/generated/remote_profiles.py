# generated from schemas/remote_profiles.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 0ec3a1232f099b0f418ade53ab4d8c1380e57559cc6de8a1f3f5521154cd7c13
import re
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)
_PATTERN_0 = re.compile('^[A-Za-z0-9_][A-Za-z0-9_.-]*(?![\\s\\S])')
_PATTERN_1 = re.compile('^~?/(?!/*(?![\\s\\S]))(?!(?:[\\s\\S]*/)?\\.\\.(?:/|(?![\\s\\S])))[^\\x00-\\x1f\\x7f]+(?![\\s\\S])')
_PATTERN_2 = re.compile('^[^\\x00-\\x1f\\x7f]+(?![\\s\\S])')
_PATTERN_3 = re.compile('^(?!0+[KMGTkmgt]?[Bb]?(?![\\s\\S]))[0-9]{1,12}(?:[KMGTkmgt][Bb]?)?(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'default' in data:
            data__default = data['default']
            if not isinstance(data__default, (str, NoneType)):
                raise Invalid
        if 'profiles' in data:
            data__profiles = data['profiles']
            if not isinstance(data__profiles, dict):
                raise Invalid
            data__profiles_is_dict = isinstance(data__profiles, dict)
            if data__profiles_is_dict:
                for data__profiles_key in data__profiles:
                    if data__profiles_key not in []:
                        data__profiles_value = data__profiles.get(data__profiles_key)
                        if not isinstance(data__profiles_value, dict):
                            raise Invalid
                        data__profiles_value_is_dict = isinstance(data__profiles_value, dict)
                        if data__profiles_value_is_dict:
                            if 'host' not in data__profiles_value or 'root' not in data__profiles_value:
                                raise Invalid
                            if 'host' in data__profiles_value:
                                data__profiles_value__host = data__profiles_value['host']
                                if not isinstance(data__profiles_value__host, str):
                                    raise Invalid
                                if isinstance(data__profiles_value__host, str):
                                    if not _PATTERN_0.search(data__profiles_value__host):
                                        raise Invalid
                            if 'root' in data__profiles_value:
                                data__profiles_value__root = data__profiles_value['root']
                                if not isinstance(data__profiles_value__root, str):
                                    raise Invalid
                                if isinstance(data__profiles_value__root, str):
                                    if not _PATTERN_1.search(data__profiles_value__root):
                                        raise Invalid
                            if 'ssh_config' in data__profiles_value:
                                data__profiles_value__sshconfig = data__profiles_value['ssh_config']
                                if not isinstance(data__profiles_value__sshconfig, (str, NoneType)):
                                    raise Invalid
                                if isinstance(data__profiles_value__sshconfig, str):
                                    data__profiles_value__sshconfig_len = len(data__profiles_value__sshconfig)
                                    if data__profiles_value__sshconfig_len < 1:
                                        raise Invalid
                            if 'activation' in data__profiles_value:
                                data__profiles_value__activation = data__profiles_value['activation']
                                if not isinstance(data__profiles_value__activation, (str, NoneType)):
                                    raise Invalid
                            if 'scratch' in data__profiles_value:
                                data__profiles_value__scratch = data__profiles_value['scratch']
                                if not isinstance(data__profiles_value__scratch, (str, NoneType)):
                                    raise Invalid
                                if isinstance(data__profiles_value__scratch, str):
                                    if not _PATTERN_1.search(data__profiles_value__scratch):
                                        raise Invalid
                            if 'submit_options' in data__profiles_value:
                                data__profiles_value__submitoptions = data__profiles_value['submit_options']
                                if not isinstance(data__profiles_value__submitoptions, list):
                                    raise Invalid
                                data__profiles_value__submitoptions_is_list = isinstance(data__profiles_value__submitoptions, list)
                                if data__profiles_value__submitoptions_is_list:
                                    data__profiles_value__submitoptions_len = len(data__profiles_value__submitoptions)
                                    for data__profiles_value__submitoptions_x, data__profiles_value__submitoptions_item in enumerate(data__profiles_value__submitoptions):
                                        if not isinstance(data__profiles_value__submitoptions_item, str):
                                            raise Invalid
                                        if isinstance(data__profiles_value__submitoptions_item, str):
                                            if not _PATTERN_2.search(data__profiles_value__submitoptions_item):
                                                raise Invalid
                            if 'push' in data__profiles_value:
                                data__profiles_value__push = data__profiles_value['push']
                                if not isinstance(data__profiles_value__push, dict):
                                    raise Invalid
                                data__profiles_value__push_is_dict = isinstance(data__profiles_value__push, dict)
                                if data__profiles_value__push_is_dict:
                                    if 'method' in data__profiles_value__push:
                                        data__profiles_value__push__method = data__profiles_value__push['method']
                                        if data__profiles_value__push__method not in ('git', 'rsync'):
                                            raise Invalid
                                    if 'dirty' in data__profiles_value__push:
                                        data__profiles_value__push__dirty = data__profiles_value__push['dirty']
                                        if data__profiles_value__push__dirty not in ('refuse', 'patch'):
                                            raise Invalid
                                    if 'rules' in data__profiles_value__push:
                                        data__profiles_value__push__rules = data__profiles_value__push['rules']
                                        if not isinstance(data__profiles_value__push__rules, dict):
                                            raise Invalid
                                        data__profiles_value__push__rules_is_dict = isinstance(data__profiles_value__push__rules, dict)
                                        if data__profiles_value__push__rules_is_dict:
                                            if 'include' in data__profiles_value__push__rules:
                                                data__profiles_value__push__rules__include = data__profiles_value__push__rules['include']
                                                if not isinstance(data__profiles_value__push__rules__include, list):
                                                    raise Invalid
                                                data__profiles_value__push__rules__include_is_list = isinstance(data__profiles_value__push__rules__include, list)
                                                if data__profiles_value__push__rules__include_is_list:
                                                    data__profiles_value__push__rules__include_len = len(data__profiles_value__push__rules__include)
                                                    for data__profiles_value__push__rules__include_x, data__profiles_value__push__rules__include_item in enumerate(data__profiles_value__push__rules__include):
                                                        if not isinstance(data__profiles_value__push__rules__include_item, str):
                                                            raise Invalid
                                                        if isinstance(data__profiles_value__push__rules__include_item, str):
                                                            if not _PATTERN_2.search(data__profiles_value__push__rules__include_item):
                                                                raise Invalid
                                            if 'exclude' in data__profiles_value__push__rules:
                                                data__profiles_value__push__rules__exclude = data__profiles_value__push__rules['exclude']
                                                if not isinstance(data__profiles_value__push__rules__exclude, list):
                                                    raise Invalid
                                                data__profiles_value__push__rules__exclude_is_list = isinstance(data__profiles_value__push__rules__exclude, list)
                                                if data__profiles_value__push__rules__exclude_is_list:
                                                    data__profiles_value__push__rules__exclude_len = len(data__profiles_value__push__rules__exclude)
                                                    for data__profiles_value__push__rules__exclude_x, data__profiles_value__push__rules__exclude_item in enumerate(data__profiles_value__push__rules__exclude):
                                                        if not isinstance(data__profiles_value__push__rules__exclude_item, str):
                                                            raise Invalid
                                                        if isinstance(data__profiles_value__push__rules__exclude_item, str):
                                                            if not _PATTERN_2.search(data__profiles_value__push__rules__exclude_item):
                                                                raise Invalid
                                            if 'max_file' in data__profiles_value__push__rules:
                                                data__profiles_value__push__rules__maxfile = data__profiles_value__push__rules['max_file']
                                                _check_memory(data__profiles_value__push__rules__maxfile)
                                            if 'max_total' in data__profiles_value__push__rules:
                                                data__profiles_value__push__rules__maxtotal = data__profiles_value__push__rules['max_total']
                                                _check_memory(data__profiles_value__push__rules__maxtotal)
                            if 'pull' in data__profiles_value:
                                data__profiles_value__pull = data__profiles_value['pull']
                                if not isinstance(data__profiles_value__pull, dict):
                                    raise Invalid
                                data__profiles_value__pull_is_dict = isinstance(data__profiles_value__pull, dict)
                                if data__profiles_value__pull_is_dict:
                                    if 'method' in data__profiles_value__pull:
                                        data__profiles_value__pull__method = data__profiles_value__pull['method']
                                        if not isinstance(data__profiles_value__pull__method, str):
                                            raise Invalid
                                        if isinstance(data__profiles_value__pull__method, str):
                                            data__profiles_value__pull__method_len = len(data__profiles_value__pull__method)
                                            if data__profiles_value__pull__method_len < 1:
                                                raise Invalid
                                    if 'rules' in data__profiles_value__pull:
                                        data__profiles_value__pull__rules = data__profiles_value__pull['rules']
                                        if not isinstance(data__profiles_value__pull__rules, dict):
                                            raise Invalid
                                        data__profiles_value__pull__rules_is_dict = isinstance(data__profiles_value__pull__rules, dict)
                                        if data__profiles_value__pull__rules_is_dict:
                                            if 'include' in data__profiles_value__pull__rules:
                                                data__profiles_value__pull__rules__include = data__profiles_value__pull__rules['include']
                                                if not isinstance(data__profiles_value__pull__rules__include, list):
                                                    raise Invalid
                                                data__profiles_value__pull__rules__include_is_list = isinstance(data__profiles_value__pull__rules__include, list)
                                                if data__profiles_value__pull__rules__include_is_list:
                                                    data__profiles_value__pull__rules__include_len = len(data__profiles_value__pull__rules__include)
                                                    for data__profiles_value__pull__rules__include_x, data__profiles_value__pull__rules__include_item in enumerate(data__profiles_value__pull__rules__include):
                                                        if not isinstance(data__profiles_value__pull__rules__include_item, str):
                                                            raise Invalid
                                                        if isinstance(data__profiles_value__pull__rules__include_item, str):
                                                            if not _PATTERN_2.search(data__profiles_value__pull__rules__include_item):
                                                                raise Invalid
                                            if 'exclude' in data__profiles_value__pull__rules:
                                                data__profiles_value__pull__rules__exclude = data__profiles_value__pull__rules['exclude']
                                                if not isinstance(data__profiles_value__pull__rules__exclude, list):
                                                    raise Invalid
                                                data__profiles_value__pull__rules__exclude_is_list = isinstance(data__profiles_value__pull__rules__exclude, list)
                                                if data__profiles_value__pull__rules__exclude_is_list:
                                                    data__profiles_value__pull__rules__exclude_len = len(data__profiles_value__pull__rules__exclude)
                                                    for data__profiles_value__pull__rules__exclude_x, data__profiles_value__pull__rules__exclude_item in enumerate(data__profiles_value__pull__rules__exclude):
                                                        if not isinstance(data__profiles_value__pull__rules__exclude_item, str):
                                                            raise Invalid
                                                        if isinstance(data__profiles_value__pull__rules__exclude_item, str):
                                                            if not _PATTERN_2.search(data__profiles_value__pull__rules__exclude_item):
                                                                raise Invalid
                                            if 'max_file' in data__profiles_value__pull__rules:
                                                data__profiles_value__pull__rules__maxfile = data__profiles_value__pull__rules['max_file']
                                                _check_memory(data__profiles_value__pull__rules__maxfile)
                                            if 'max_total' in data__profiles_value__pull__rules:
                                                data__profiles_value__pull__rules__maxtotal = data__profiles_value__pull__rules['max_total']
                                                _check_memory(data__profiles_value__pull__rules__maxtotal)
                            if 'poll_seconds' in data__profiles_value:
                                data__profiles_value__pollseconds = data__profiles_value['poll_seconds']
                                if not isinstance(data__profiles_value__pollseconds, int) and (not (isinstance(data__profiles_value__pollseconds, float) and data__profiles_value__pollseconds.is_integer())) or isinstance(data__profiles_value__pollseconds, bool):
                                    raise Invalid
                                if isinstance(data__profiles_value__pollseconds, (int, float)) and (not isinstance(data__profiles_value__pollseconds, bool)):
                                    if data__profiles_value__pollseconds < 1:
                                        raise Invalid
                                    if data__profiles_value__pollseconds > 3600:
                                        raise Invalid
                            if 'python' in data__profiles_value:
                                data__profiles_value__python = data__profiles_value['python']
                                if not isinstance(data__profiles_value__python, (str, NoneType)):
                                    raise Invalid
                                if isinstance(data__profiles_value__python, str):
                                    data__profiles_value__python_len = len(data__profiles_value__python)
                                    if data__profiles_value__python_len < 1:
                                        raise Invalid


def _check_memory(data):
    if not isinstance(data, (str, int, NoneType)) and (not (isinstance(data, float) and data.is_integer())) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_3.search(data):
            raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 1:
            raise Invalid
        if data > 999999999999:
            raise Invalid
