/* Inside the mapping engine: names of MITRE ATT&CK. */
#ifndef LOGIC_OCSF_ATTACK_H
#define LOGIC_OCSF_ATTACK_H

#include "kit/base/str.h"

/* Each: p == NULL when there is none. */
struct str attack_name_of(struct str id);     /* of a technique or sub-technique: "T1059.001" */
struct str attack_tactic_id(struct str word); /* "DefenseEvasion", "Defense Evasion": TA0005 */
struct str attack_tactic_name(struct str word);

#endif
