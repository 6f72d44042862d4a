/* Names of MITRE ATT&CK: techniques and sub-techniques by id, tactics by the words that Defender calls categories. */
#include "logic/ocsf/values/attack.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct named {
    const char *id, *name;
};

static const struct named techniques[] = {
#include "logic/ocsf/attack_names.inc"
};

static const struct named tactics[] = {
    {"TA0001", "Initial Access"},
    {"TA0002", "Execution"},
    {"TA0003", "Persistence"},
    {"TA0004", "Privilege Escalation"},
    {"TA0005", "Defense Evasion"},
    {"TA0006", "Credential Access"},
    {"TA0007", "Discovery"},
    {"TA0008", "Lateral Movement"},
    {"TA0009", "Collection"},
    {"TA0010", "Exfiltration"},
    {"TA0011", "Command and Control"},
    {"TA0040", "Impact"},
    {"TA0042", "Resource Development"},
    {"TA0043", "Reconnaissance"},
};

struct str attack_name_of(struct str id)
{
    for (size_t low = 0, high = COUNT(techniques); low < high;) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(id, str_of(techniques[middle].id));
        if (order == 0) return str_of(techniques[middle].name);
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return STR_NONE;
}

/* "DefenseEvasion", "defense-evasion" and "Defense Evasion" are one. */
static bool is_tactic(struct str word, const char *name)
{
    size_t i = 0;
    for (const char *p = name; *p; p++) {
        if (*p == ' ') continue;
        while (i < word.n && (word.p[i] == ' ' || word.p[i] == '-' || word.p[i] == '_')) i++;
        if (i == word.n || (word.p[i] | 0x20) != (*p | 0x20)) return false;
        i++;
    }
    return i == word.n;
}

static const struct named *tactic_of(struct str word)
{
    for (size_t i = 0; i < COUNT(tactics); i++) {
        if (str_eq_nocase(word, str_of(tactics[i].id)) || is_tactic(word, tactics[i].name)) return &tactics[i];
    }
    return NULL;
}

struct str attack_tactic_id(struct str word)
{
    const struct named *t = tactic_of(word);
    return t ? str_of(t->id) : STR_NONE;
}

struct str attack_tactic_name(struct str word)
{
    const struct named *t = tactic_of(word);
    return t ? str_of(t->name) : STR_NONE;
}
