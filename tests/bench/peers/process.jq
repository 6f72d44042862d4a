# The lean mapping of DeviceProcessEvents (../mappings/) in jq. Usage: jq -c -f process.jq FILE
def filled: . != null and . != "" and . != {} and . != [];
def clean: with_entries(select(.value | filled));
def millis: if filled then (.[0:19] + "Z" | fromdateiso8601) * 1000 + (if .[19:20] == "." then (.[20:-1] + "000")[0:3] | tonumber else 0 end) else null end;
def text: if filled then tostring else null end;
def number: if filled then tonumber else null end;
def integrity: {"untrusted": [1, "Untrusted"], "low": [2, "Low"], "medium": [3, "Medium"], "high": [4, "High"], "system": [5, "System"],
  "protected": [6, "Protected"]}[ascii_downcase] // [99, .];
def process($pid; $uid; $name; $line; $created; $level; $user; $session; $file):
  {pid: ($pid | number), uid: ($uid | text), name: $name, cmd_line: $line, created_time: ($created | millis),
   user: ($user | clean), session: ({uid: ($session | text)} | clean), file: $file}
  + (if $level | filled then $level | integrity | {integrity_id: .[0], integrity: .[1]} else {} end) | clean;
def user($name; $domain; $uid; $mail): {name: $name, domain: $domain, uid: $uid, email_addr: $mail};
def file($name; $path; $size; $company; $description; $version; $sha256; $sha1; $md5):
  {type_id: 1, type: "Regular File", name: $name, path: $path, size: ($size | number), company_name: $company, desc: $description,
   version: $version,
   hashes: [{algorithm_id: 3, algorithm: "SHA-256", value: $sha256}, {algorithm_id: 2, algorithm: "SHA-1", value: $sha1},
            {algorithm_id: 1, algorithm: "MD5", value: $md5} | select(.value | filled)]} | clean;
def used: {"Timestamp": 1, "ActionType": 1, "ReportId": 1, "DeviceId": 1, "DeviceName": 1, "InitiatingProcessParentId": 1,
  "InitiatingProcessParentFileName": 1, "InitiatingProcessParentCreationTime": 1,
  "SHA256": 1, "SHA1": 1, "MD5": 1, "FileName": 1, "FolderPath": 1, "FileSize": 1, "AccountName": 1, "AccountDomain": 1, "AccountSid": 1,
  "AccountUpn": 1, "LogonId": 1, "InitiatingProcessSHA256": 1, "InitiatingProcessSHA1": 1, "InitiatingProcessMD5": 1,
  "InitiatingProcessFileName": 1, "InitiatingProcessFolderPath": 1, "InitiatingProcessFileSize": 1, "InitiatingProcessAccountName": 1,
  "InitiatingProcessAccountDomain": 1, "InitiatingProcessAccountSid": 1, "InitiatingProcessAccountUpn": 1, "InitiatingProcessLogonId": 1,
  "ProcessId": 1, "ProcessUniqueId": 1, "ProcessCommandLine": 1, "ProcessCreationTime": 1, "ProcessIntegrityLevel": 1,
  "ProcessVersionInfoCompanyName": 1, "ProcessVersionInfoFileDescription": 1, "ProcessVersionInfoProductVersion": 1,
  "InitiatingProcessId": 1, "InitiatingProcessUniqueId": 1, "InitiatingProcessCommandLine": 1, "InitiatingProcessCreationTime": 1,
  "InitiatingProcessIntegrityLevel": 1, "InitiatingProcessVersionInfoCompanyName": 1, "InitiatingProcessVersionInfoFileDescription": 1,
  "InitiatingProcessVersionInfoProductVersion": 1};
used as $used
| ({"ProcessCreated": [1, "Launch"], "OpenProcess": [3, "Open"]}[.ActionType] // [99, .ActionType]) as [$activity, $caption]
| {class_uid: 1007, class_name: "Process Activity", category_uid: 1, category_name: "System Activity", activity_id: $activity,
   activity_name: $caption, type_uid: (100700 + $activity),
   type_name: ("Process Activity: " + if $activity == 99 then "Other" else $caption end),
   time: (.Timestamp | millis), severity_id: 1, severity: "Informational",
   device: ({type_id: 0, type: "Unknown", uid: .DeviceId, hostname: .DeviceName} | clean),
   actor: {process: (process(.InitiatingProcessId; .InitiatingProcessUniqueId; .InitiatingProcessFileName; .InitiatingProcessCommandLine;
      .InitiatingProcessCreationTime; .InitiatingProcessIntegrityLevel;
      user(.InitiatingProcessAccountName; .InitiatingProcessAccountDomain; .InitiatingProcessAccountSid; .InitiatingProcessAccountUpn);
      .InitiatingProcessLogonId;
      file(.InitiatingProcessFileName; .InitiatingProcessFolderPath; .InitiatingProcessFileSize; .InitiatingProcessVersionInfoCompanyName;
        .InitiatingProcessVersionInfoFileDescription; .InitiatingProcessVersionInfoProductVersion; .InitiatingProcessSHA256;
        .InitiatingProcessSHA1; .InitiatingProcessMD5))
      + {parent_process: ({pid: (.InitiatingProcessParentId | number), name: .InitiatingProcessParentFileName,
         created_time: (.InitiatingProcessParentCreationTime | millis)} | clean)})},
   process: process(.ProcessId; .ProcessUniqueId; .FileName; .ProcessCommandLine; .ProcessCreationTime; .ProcessIntegrityLevel;
      user(.AccountName; .AccountDomain; .AccountSid; .AccountUpn); .LogonId;
      file(.FileName; .FolderPath; .FileSize; .ProcessVersionInfoCompanyName; .ProcessVersionInfoFileDescription;
        .ProcessVersionInfoProductVersion; .SHA256; .SHA1; .MD5)),
   metadata: {original_time: .Timestamp, event_code: .ActionType, original_event_uid: (.ReportId | text),
      product: {name: "Microsoft Defender for Endpoint", vendor_name: "Microsoft"}, version: "1.8.0", log_name: "DeviceProcessEvents"},
   unmapped: with_entries(select(($used[.key] | not) and (.value | filled) and (.key | endswith("@odata.type") | not)))}
