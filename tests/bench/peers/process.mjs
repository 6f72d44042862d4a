// The lean mapping of DeviceProcessEvents (../mappings/) in Node. Usage: node process.mjs FILE
import { createReadStream } from "node:fs";
import { writeSync } from "node:fs";

const integrity = { untrusted: [1, "Untrusted"], low: [2, "Low"], medium: [3, "Medium"], high: [4, "High"], system: [5, "System"], protected: [6, "Protected"] };
const activities = { ProcessCreated: [1, "Launch"], OpenProcess: [3, "Open"] };
const used = new Set(`Timestamp ActionType ReportId DeviceId DeviceName InitiatingProcessParentId InitiatingProcessParentFileName
  InitiatingProcessParentCreationTime`.split(/\s+/));
for (const c of ["SHA256", "SHA1", "MD5", "FileName", "FolderPath", "FileSize", "AccountName", "AccountDomain", "AccountSid", "AccountUpn", "LogonId"])
  used.add(c).add("InitiatingProcess" + c);
for (const p of ["Process", "InitiatingProcess"])
  for (const c of ["Id", "UniqueId", "CommandLine", "CreationTime", "IntegrityLevel", "VersionInfoCompanyName", "VersionInfoFileDescription", "VersionInfoProductVersion"])
    used.add(p + c);

const isEmpty = (v) => v === undefined || v === null || v === "" || (typeof v === "object" && Object.keys(v).length === 0);
const text = (v) => (isEmpty(v) ? undefined : typeof v === "string" ? v : String(v)); // JSON.stringify leaves out what is undefined
const number = (v) => (isEmpty(v) ? undefined : Number(v));
const millis = (v) => (isEmpty(v) ? undefined : Date.parse(v));

function processOf(pid, uid, name, commandLine, created, level, user, session, file) {
  const o = { pid: number(pid), uid: text(uid), name: text(name), cmd_line: text(commandLine), created_time: millis(created) };
  if (!isEmpty(level)) [o.integrity_id, o.integrity] = integrity[level.toLowerCase()] ?? [99, level];
  if (user.name || user.domain || user.uid || user.email_addr) o.user = user;
  if (!isEmpty(session)) o.session = { uid: text(session) };
  o.file = file;
  return o;
}

const userOf = (name, domain, uid, mail) => ({ name: text(name), domain: text(domain), uid: text(uid), email_addr: text(mail) });

function fileOf(name, path, size, company, description, version, sha256, sha1, md5) {
  const hashes = [];
  if (sha256) hashes.push({ algorithm_id: 3, algorithm: "SHA-256", value: sha256 });
  if (sha1) hashes.push({ algorithm_id: 2, algorithm: "SHA-1", value: sha1 });
  if (md5) hashes.push({ algorithm_id: 1, algorithm: "MD5", value: md5 });
  return { type_id: 1, type: "Regular File", name: text(name), path: text(path), size: number(size), company_name: text(company),
    desc: text(description), version: text(version), hashes: hashes.length ? hashes : undefined };
}

function eventOf(r) {
  const [activity, name] = activities[r.ActionType] ?? [99, r.ActionType];
  const initiating = processOf(r.InitiatingProcessId, r.InitiatingProcessUniqueId, r.InitiatingProcessFileName, r.InitiatingProcessCommandLine,
    r.InitiatingProcessCreationTime, r.InitiatingProcessIntegrityLevel,
    userOf(r.InitiatingProcessAccountName, r.InitiatingProcessAccountDomain, r.InitiatingProcessAccountSid, r.InitiatingProcessAccountUpn),
    r.InitiatingProcessLogonId,
    fileOf(r.InitiatingProcessFileName, r.InitiatingProcessFolderPath, r.InitiatingProcessFileSize, r.InitiatingProcessVersionInfoCompanyName,
      r.InitiatingProcessVersionInfoFileDescription, r.InitiatingProcessVersionInfoProductVersion, r.InitiatingProcessSHA256,
      r.InitiatingProcessSHA1, r.InitiatingProcessMD5));
  initiating.parent_process = { pid: number(r.InitiatingProcessParentId), name: text(r.InitiatingProcessParentFileName),
    created_time: millis(r.InitiatingProcessParentCreationTime) };
  const unmapped = {};
  for (const k in r) if (!used.has(k) && !isEmpty(r[k]) && !k.endsWith("@odata.type")) unmapped[k] = r[k];
  return { class_uid: 1007, class_name: "Process Activity", category_uid: 1, category_name: "System Activity", activity_id: activity,
    activity_name: name, type_uid: 100700 + activity, type_name: "Process Activity: " + (activity === 99 ? "Other" : name),
    time: millis(r.Timestamp), severity_id: 1, severity: "Informational",
    device: { type_id: 0, type: "Unknown", uid: text(r.DeviceId), hostname: text(r.DeviceName) }, actor: { process: initiating },
    process: processOf(r.ProcessId, r.ProcessUniqueId, r.FileName, r.ProcessCommandLine, r.ProcessCreationTime, r.ProcessIntegrityLevel,
      userOf(r.AccountName, r.AccountDomain, r.AccountSid, r.AccountUpn), r.LogonId,
      fileOf(r.FileName, r.FolderPath, r.FileSize, r.ProcessVersionInfoCompanyName, r.ProcessVersionInfoFileDescription,
        r.ProcessVersionInfoProductVersion, r.SHA256, r.SHA1, r.MD5)),
    metadata: { original_time: r.Timestamp, event_code: r.ActionType, original_event_uid: text(r.ReportId),
      product: { name: "Microsoft Defender for Endpoint", vendor_name: "Microsoft" }, version: "1.8.0", log_name: "DeviceProcessEvents" },
    unmapped };
}

let rest = "", out = "";
for await (const piece of createReadStream(process.argv[2], { encoding: "utf8", highWaterMark: 1 << 20 })) {
  const lines = (rest + piece).split("\n");
  rest = lines.pop();
  for (const line of lines) out += JSON.stringify(eventOf(JSON.parse(line))) + "\n";
  writeSync(1, out);
  out = "";
}
