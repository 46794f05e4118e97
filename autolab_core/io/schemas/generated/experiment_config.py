# generated from schemas/experiment_config.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 198345504f9666e40a8afc4033606d05ea4d20be4828d41362cb436d5790507c
import re
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)
_PATTERN_0 = re.compile('^[0-9a-f]{64}(?![\\s\\S])')
_PATTERN_1 = re.compile('^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'experiment' in data:
            data__experiment = data['experiment']
            _check_id(data__experiment)
        if 'spec' in data:
            data__spec = data['spec']
            if not isinstance(data__spec, dict):
                raise Invalid
            data__spec_is_dict = isinstance(data__spec, dict)
            if data__spec_is_dict:
                if 'path' in data__spec:
                    data__spec__path = data__spec['path']
                    if not isinstance(data__spec__path, str):
                        raise Invalid
                if 'sha256' in data__spec:
                    data__spec__sha256 = data__spec['sha256']
                    _check_hash(data__spec__sha256)
                if 'git_blob' in data__spec:
                    data__spec__gitblob = data__spec['git_blob']
                    if not isinstance(data__spec__gitblob, (str, NoneType)):
                        raise Invalid
        if 'seeds' in data:
            data__seeds = data['seeds']
            _check_seeds(data__seeds)
        if 'baseline_seeds' in data:
            data__baselineseeds = data['baseline_seeds']
            _check_seeds(data__baselineseeds)
        if 'commit' in data:
            data__commit = data['commit']
            if not isinstance(data__commit, dict):
                raise Invalid
        if 'versions' in data:
            data__versions = data['versions']
            if not isinstance(data__versions, dict):
                raise Invalid
        if 'commands' in data:
            data__commands = data['commands']
            if not isinstance(data__commands, list):
                raise Invalid
            data__commands_is_list = isinstance(data__commands, list)
            if data__commands_is_list:
                data__commands_len = len(data__commands)
                for data__commands_x, data__commands_item in enumerate(data__commands):
                    if not isinstance(data__commands_item, dict):
                        raise Invalid
                    data__commands_item_is_dict = isinstance(data__commands_item, dict)
                    if data__commands_item_is_dict:
                        if 'phase' in data__commands_item:
                            data__commands_item__phase = data__commands_item['phase']
                            if not isinstance(data__commands_item__phase, str):
                                raise Invalid
                        if 'attempt' in data__commands_item:
                            data__commands_item__attempt = data__commands_item['attempt']
                            if not isinstance(data__commands_item__attempt, int) and (not (isinstance(data__commands_item__attempt, float) and data__commands_item__attempt.is_integer())) or isinstance(data__commands_item__attempt, bool):
                                raise Invalid
                            if isinstance(data__commands_item__attempt, (int, float)) and (not isinstance(data__commands_item__attempt, bool)):
                                if data__commands_item__attempt < 1:
                                    raise Invalid
                        if 'arm' in data__commands_item:
                            data__commands_item__arm = data__commands_item['arm']
                            if not isinstance(data__commands_item__arm, (str, NoneType)):
                                raise Invalid
                        if 'seed' in data__commands_item:
                            data__commands_item__seed = data__commands_item['seed']
                            if not isinstance(data__commands_item__seed, (int, NoneType)) and (not (isinstance(data__commands_item__seed, float) and data__commands_item__seed.is_integer())) or isinstance(data__commands_item__seed, bool):
                                raise Invalid
                        if 'command' in data__commands_item:
                            data__commands_item__command = data__commands_item['command']
                            if not isinstance(data__commands_item__command, list):
                                raise Invalid
                            data__commands_item__command_is_list = isinstance(data__commands_item__command, list)
                            if data__commands_item__command_is_list:
                                data__commands_item__command_len = len(data__commands_item__command)
                                for data__commands_item__command_x, data__commands_item__command_item in enumerate(data__commands_item__command):
                                    if not isinstance(data__commands_item__command_item, str):
                                        raise Invalid
                        if 'exit_code' in data__commands_item:
                            data__commands_item__exitcode = data__commands_item['exit_code']
                            if not isinstance(data__commands_item__exitcode, (int, NoneType)) and (not (isinstance(data__commands_item__exitcode, float) and data__commands_item__exitcode.is_integer())) or isinstance(data__commands_item__exitcode, bool):
                                raise Invalid
                        if 'seconds' in data__commands_item:
                            data__commands_item__seconds = data__commands_item['seconds']
                            _check_amount(data__commands_item__seconds)
        if 'configuration' in data:
            data__configuration = data['configuration']
            if not isinstance(data__configuration, dict):
                raise Invalid
            data__configuration_is_dict = isinstance(data__configuration, dict)
            if data__configuration_is_dict:
                if 'baseline' in data__configuration:
                    data__configuration__baseline = data__configuration['baseline']
                    _check_arm(data__configuration__baseline)
                if 'treatment' in data__configuration:
                    data__configuration__treatment = data__configuration['treatment']
                    _check_arm(data__configuration__treatment)
        if 'guard' in data:
            data__guard = data['guard']
            if not isinstance(data__guard, (dict, NoneType)):
                raise Invalid
        if 'packages' in data:
            data__packages = data['packages']
            if not isinstance(data__packages, dict):
                raise Invalid
            data__packages_is_dict = isinstance(data__packages, dict)
            if data__packages_is_dict:
                if 'at_seal' in data__packages:
                    data__packages__atseal = data__packages['at_seal']
                    if not isinstance(data__packages__atseal, dict):
                        raise Invalid
                if 'at_end' in data__packages:
                    data__packages__atend = data__packages['at_end']
                    if not isinstance(data__packages__atend, dict):
                        raise Invalid
        if 'sanity' in data:
            data__sanity = data['sanity']
            if not isinstance(data__sanity, list):
                raise Invalid
            data__sanity_is_list = isinstance(data__sanity, list)
            if data__sanity_is_list:
                data__sanity_len = len(data__sanity)
                for data__sanity_x, data__sanity_item in enumerate(data__sanity):
                    if not isinstance(data__sanity_item, dict):
                        raise Invalid
                    data__sanity_item_is_dict = isinstance(data__sanity_item, dict)
                    if data__sanity_item_is_dict:
                        if 'check' in data__sanity_item:
                            data__sanity_item__check = data__sanity_item['check']
                            if not isinstance(data__sanity_item__check, str):
                                raise Invalid
                        if 'exit_code' in data__sanity_item:
                            data__sanity_item__exitcode = data__sanity_item['exit_code']
                            if not isinstance(data__sanity_item__exitcode, (int, NoneType)) and (not (isinstance(data__sanity_item__exitcode, float) and data__sanity_item__exitcode.is_integer())) or isinstance(data__sanity_item__exitcode, bool):
                                raise Invalid
                        if 'seconds' in data__sanity_item:
                            data__sanity_item__seconds = data__sanity_item['seconds']
                            _check_amount(data__sanity_item__seconds)
        if 'baseline_attempts' in data:
            data__baselineattempts = data['baseline_attempts']
            if not isinstance(data__baselineattempts, list):
                raise Invalid
            data__baselineattempts_is_list = isinstance(data__baselineattempts, list)
            if data__baselineattempts_is_list:
                data__baselineattempts_len = len(data__baselineattempts)
                for data__baselineattempts_x, data__baselineattempts_item in enumerate(data__baselineattempts):
                    if not isinstance(data__baselineattempts_item, dict):
                        raise Invalid
                    data__baselineattempts_item_is_dict = isinstance(data__baselineattempts_item, dict)
                    if data__baselineattempts_item_is_dict:
                        if 'attempt' in data__baselineattempts_item:
                            data__baselineattempts_item__attempt = data__baselineattempts_item['attempt']
                            if not isinstance(data__baselineattempts_item__attempt, int) and (not (isinstance(data__baselineattempts_item__attempt, float) and data__baselineattempts_item__attempt.is_integer())) or isinstance(data__baselineattempts_item__attempt, bool):
                                raise Invalid
                            if isinstance(data__baselineattempts_item__attempt, (int, float)) and (not isinstance(data__baselineattempts_item__attempt, bool)):
                                if data__baselineattempts_item__attempt < 1:
                                    raise Invalid
                        if 'values' in data__baselineattempts_item:
                            data__baselineattempts_item__values = data__baselineattempts_item['values']
                            if not isinstance(data__baselineattempts_item__values, dict):
                                raise Invalid
                        if 'reproduced' in data__baselineattempts_item:
                            data__baselineattempts_item__reproduced = data__baselineattempts_item['reproduced']
                            if not isinstance(data__baselineattempts_item__reproduced, (bool, NoneType)):
                                raise Invalid
        if 'budget' in data:
            data__budget = data['budget']
            if not isinstance(data__budget, list):
                raise Invalid
            data__budget_is_list = isinstance(data__budget, list)
            if data__budget_is_list:
                data__budget_len = len(data__budget)
                for data__budget_x, data__budget_item in enumerate(data__budget):
                    if not isinstance(data__budget_item, dict):
                        raise Invalid
                    data__budget_item_is_dict = isinstance(data__budget_item, dict)
                    if data__budget_item_is_dict:
                        if 'kind' in data__budget_item:
                            data__budget_item__kind = data__budget_item['kind']
                            if not isinstance(data__budget_item__kind, str):
                                raise Invalid
                        if 'limit' in data__budget_item:
                            data__budget_item__limit = data__budget_item['limit']
                            _check_amount(data__budget_item__limit)
                        if 'measured' in data__budget_item:
                            data__budget_item__measured = data__budget_item['measured']
                            _check_amount(data__budget_item__measured)
                        if 'over' in data__budget_item:
                            data__budget_item__over = data__budget_item['over']
                            if not isinstance(data__budget_item__over, bool):
                                raise Invalid
                        if 'justification' in data__budget_item:
                            data__budget_item__justification = data__budget_item['justification']
                            if not isinstance(data__budget_item__justification, (str, NoneType)):
                                raise Invalid
        if 'waived' in data:
            data__waived = data['waived']
            if not isinstance(data__waived, list):
                raise Invalid
            data__waived_is_list = isinstance(data__waived, list)
            if data__waived_is_list:
                data__waived_len = len(data__waived)
                for data__waived_x, data__waived_item in enumerate(data__waived):
                    if not isinstance(data__waived_item, dict):
                        raise Invalid
                    data__waived_item_is_dict = isinstance(data__waived_item, dict)
                    if data__waived_item_is_dict:
                        if 'criterion' not in data__waived_item:
                            raise Invalid
                        if 'criterion' in data__waived_item:
                            data__waived_item__criterion = data__waived_item['criterion']
                            if not isinstance(data__waived_item__criterion, str):
                                raise Invalid
                        if 'reason' in data__waived_item:
                            data__waived_item__reason = data__waived_item['reason']
                            if not isinstance(data__waived_item__reason, (str, NoneType)):
                                raise Invalid
                        if 'by' in data__waived_item:
                            data__waived_item__by = data__waived_item['by']
                            if not isinstance(data__waived_item__by, (str, NoneType)):
                                raise Invalid
        if 'resource_usage' in data:
            data__resourceusage = data['resource_usage']
            if not isinstance(data__resourceusage, dict):
                raise Invalid
            data__resourceusage_is_dict = isinstance(data__resourceusage, dict)
            if data__resourceusage_is_dict:
                if 'measured' in data__resourceusage:
                    data__resourceusage__measured = data__resourceusage['measured']
                    if not isinstance(data__resourceusage__measured, dict):
                        raise Invalid
                if 'reported' in data__resourceusage:
                    data__resourceusage__reported = data__resourceusage['reported']
                    if not isinstance(data__resourceusage__reported, (dict, NoneType)):
                        raise Invalid
        if 'journal' in data:
            data__journal = data['journal']
            if not isinstance(data__journal, dict):
                raise Invalid
            data__journal_is_dict = isinstance(data__journal, dict)
            if data__journal_is_dict:
                if 'path' in data__journal:
                    data__journal__path = data__journal['path']
                    if not isinstance(data__journal__path, str):
                        raise Invalid
                if 'entries' in data__journal:
                    data__journal__entries = data__journal['entries']
                    if not isinstance(data__journal__entries, int) and (not (isinstance(data__journal__entries, float) and data__journal__entries.is_integer())) or isinstance(data__journal__entries, bool):
                        raise Invalid
                    if isinstance(data__journal__entries, (int, float)) and (not isinstance(data__journal__entries, bool)):
                        if data__journal__entries < 0:
                            raise Invalid
                if 'sha256' in data__journal:
                    data__journal__sha256 = data__journal['sha256']
                    _check_hash(data__journal__sha256)
    try:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            if 'schema_version' not in data:
                raise Invalid
    except Invalid:
        pass
    else:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            if 'experiment' not in data or 'spec' not in data or 'seeds' not in data or ('baseline_seeds' not in data) or ('commit' not in data) or ('versions' not in data) or ('commands' not in data) or ('configuration' not in data) or ('guard' not in data) or ('packages' not in data) or ('sanity' not in data) or ('baseline_attempts' not in data) or ('budget' not in data) or ('waived' not in data) or ('resource_usage' not in data) or ('journal' not in data):
                raise Invalid


def _check_arm(data):
    if not isinstance(data, (dict, NoneType)):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'source' in data:
            data__source = data['source']
            if not isinstance(data__source, (str, NoneType)):
                raise Invalid
        if 'values' in data:
            data__values = data['values']
            if not isinstance(data__values, dict):
                raise Invalid


def _check_amount(data):
    if not isinstance(data, (int, float, NoneType)) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 0:
            raise Invalid


def _check_seeds(data):
    if not isinstance(data, list):
        raise Invalid
    data_is_list = isinstance(data, list)
    if data_is_list:
        data_len = len(data)
        for data_x, data_item in enumerate(data):
            if not isinstance(data_item, int) and (not (isinstance(data_item, float) and data_item.is_integer())) or isinstance(data_item, bool):
                raise Invalid


def _check_hash(data):
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
        if not _PATTERN_1.search(data):
            raise Invalid
