/* The kinds of evidence that are drawn now and then, as data: what members each has (section 7.3). A member is its name, a
 * sign and what the sign wants, members are parted by semicolons:
 *   =text  #digits of hex  %guid  +number  ?false  !true  @time  ~null  [texts|parted]  {} empty object
 *   &kind nested evidence  *kind an array of one  ^user account */
#include <string.h>

#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* clang-format off */
static const struct {
    const char *kind, *members;
} kinds[] = {
    {"fileHashEvidence", "algorithm=sha256;value#64"},
    {"mailboxConfigurationEvidence", "configurationId%;configurationType=mailForwardingRule;displayName=Rule \"Weiter/leiten\";externalDirectoryObjectId%;mailboxPrimaryAddress=alice@fabrikam.example;upn=alice@fabrikam.example"},
    {"mailClusterEvidence", "clusterBy=Subject,P2SenderDomain,ContentType;clusterByValue=sender.example;emailCount+17;networkMessageIds[6f1c|77aa];query=( (( (Subject:\"Rechnung\") )) );urn~"},
    {"submissionMailEvidence", "networkMessageId%;recipient=alice@fabrikam.example;reportType=Phish;sender=news@sender.example;senderIp=198.51.100.7;subject=Your parcel/Ihr Paket;submissionDateTime@;submissionId%;submitter=alice@fabrikam.example"},
    {"teamsMessageEvidence", "campaignId~;channelId=19:abc@thread.tacv2;deliveryAction=delivered;deliveryLocation=teams;files[];groupId%;isExternal!;isOwned?;lastModifiedDateTime@;messageDirection=inbound;messageId=1700000000000;owningTenantId%;parentMessageId~;receivedDateTime@;recipients[alice@fabrikam.example];senderFromAddress=eve@other.example;senderIP=198.51.100.9;sourceAppName=Teams;sourceId%;subject~;suspiciousRecipients[];threadId=19:abc@thread.tacv2;threadType=chat;urls*urlLike"},
    {"servicePrincipalEvidence", "appId%;appOwnerTenantId%;servicePrincipalName=Automation;servicePrincipalObjectId%;servicePrincipalType=application;tenantId%"},
    {"securityGroupEvidence", "activeDirectoryObjectGuid%;displayName=Domain Admins;distinguishedName=CN=Domain Admins,CN=Users,DC=fabrikam,DC=example;friendlyName=Domain Admins;securityGroupId%;sid=S-1-5-21-1-2-3-512"},
    {"activeDirectoryDomainEvidence", "activeDirectoryDomainName=fabrikam.example;trustedDomains*activeDirectoryTrusted"},
    {"hostLogonSessionEvidence", "account&userLike;endUtcDateTime~;host&hostLike;sessionId=0x3e7;startUtcDateTime@"},
    {"cloudLogonSessionEvidence", "account&userLike;browser=Edge 140;deviceName=pc-0001;operatingSystem=Windows 11;previousLogonDateTime@;protocol=OAuth2;sessionId%;startUtcDateTime@;userAgent=Mozilla/5.0 (Windows NT 10.0)"},
    {"cloudLogonRequestEvidence", "requestId%"},
    {"azureResourceEvidence", "resourceId=/subscriptions/1111/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1;resourceName=vm-1;resourceType=Virtual Machine"},
    {"amazonResourceEvidence", "amazonAccountId=123456789012;amazonResourceId=arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc;resourceName=i-0abc;resourceType=EC2 instance"},
    {"googleCloudResourceEvidence", "fullResourceName=//compute.googleapis.com/projects/p/zones/europe-west1-b/instances/vm;location=europe-west1-b;locationType=zonal;projectId=p-1;projectNumber+90071992547409;resourceName=vm;resourceType=gce_instance"},
    {"blobContainerEvidence", "name=backups;storageResource&azureResourceEvidence;url=https://store.blob.core.windows.net/backups"},
    {"blobEvidence", "blobContainer&blobContainerEvidence;etag=0x8DB;fileHashes*fileHashEvidence;name=a/b c.zip;url=https://store.blob.core.windows.net/backups/a/b%20c.zip"},
    {"sasTokenEvidence", "allowedIpAddresses=198.51.100.0-198.51.100.255;allowedResourceTypes[container|object];allowedServices[blob];expiryDateTime@;permissions[read|list];protocol=https;signatureHash#64;signedWith=key1;startDateTime@;storageResource&azureResourceEvidence"},
    {"containerRegistryEvidence", "registry=fabrikam.azurecr.io"},
    {"containerImageEvidence", "digestImage~;imageId=fabrikam.azurecr.io/web:1.2;registry&containerRegistryEvidence"},
    {"kubernetesClusterEvidence", "cloudResource&azureResourceEvidence;distribution=aks;name=prod;platform=aks;version=1.31"},
    {"kubernetesNamespaceEvidence", "cluster&kubernetesClusterEvidence;labels{};name=default"},
    {"kubernetesServiceAccountEvidence", "name=builder;namespace&kubernetesNamespaceEvidence"},
    {"kubernetesControllerEvidence", "labels{};name=web;namespace&kubernetesNamespaceEvidence;type=Deployment"},
    {"kubernetesPodEvidence", "containers[];controller&kubernetesControllerEvidence;ephemeralContainers[];initContainers[];labels{};name=web-7f;namespace&kubernetesNamespaceEvidence;podIp&ipLike;serviceAccount&kubernetesServiceAccountEvidence"},
    {"containerEvidence", "args[--verbose];command[/bin/sh|-c|id];containerId#64;image&containerImageEvidence;isPrivileged!;name=web;pod&kubernetesPodEvidence"},
    {"kubernetesSecretEvidence", "name=tls;namespace&kubernetesNamespaceEvidence;secretType=Opaque"},
    {"kubernetesServiceEvidence", "clusterIP&ipLike;externalIPs[];labels{};name=web;namespace&kubernetesNamespaceEvidence;selector{};servicePorts[];serviceType=clusterIP"},
    {"nicEvidence", "ipAddress&ipLike;macAddress=00-15-5D-01-02-03;vlans[7|12]"},
    {"ioTDeviceEvidence", "deviceId%;deviceName=PLC \"Halle 3\";devicePageLink~;deviceSubType=PLC;deviceType=Industrial;importance=high;ioTHub~;ioTSecurityAgentId~;ipAddress&ipLike;isAuthorized!;isProgramming?;isScanner?;macAddress=00-15-5D-0A-0B-0C;manufacturer=Söhne AG;model=S7;nics*nicEvidence;operatingSystem~;owners[];protocols[modbus|s7];purdueLayer=Process Control;sensor=sensor-1;serialNumber#12;site=Utrecht;source=Microsoft/Defender for IoT;sourceRef~;zone=default"},
    {"gitHubOrganizationEvidence", "company~;displayName=Fabrikam;email~;login=fabrikam;orgId=4711;webUrl=https://github.com/fabrikam"},
    {"gitHubUserEvidence", "email=alice@fabrikam.example;login=alice;name=Alice Adams;userId=17;webUrl=https://github.com/alice"},
    {"gitHubRepoEvidence", "baseUrl~;login=fabrikam;owner=fabrikam;ownerType=Organization;repoId=99"},
    {"aiAgentEvidence", "agentId%;agentName=Helpdesk;hostingPlatformType=copilotStudio;instructions=Answer politely.\nNever /isolate/ anything."},
};
/* What stands inside others, under the kinds' own names. */
static const struct {
    const char *alias, *kind, *members;
} inner[] = {
    {"urlLike", "urlEvidence", "url=https://login.phish.example/a?b=1"},
    {"activeDirectoryTrusted", "activeDirectoryDomainEvidence", "activeDirectoryDomainName=partner.example;trustedDomains[]"},
    {"userLike", "userEvidence", "stream~;userAccount^"},
    {"hostLike", "deviceEvidence", "deviceDnsName=pc-0001.fabrikam.example;hostName=pc-0001;mdeDeviceId~"},
    {"ipLike", "ipEvidence", "countryLetterCode~;ipAddress=10.244.0.17;location~;stream~"},
};
/* clang-format on */

static void put_members(struct object_writer *o, const struct scene *s, const char *members);

static void put_nested(struct object_writer *o, const struct scene *s, struct str what)
{
    for (size_t i = 0; i < COUNT(inner); i++) {
        if (!str_eq(what, str_of(inner[i].alias))) continue;
        evidence_begin(o, s, inner[i].kind);
        put_members(o, s, inner[i].members);
        json_object_end(&o->w);
        return;
    }
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (!str_eq(what, str_of(kinds[i].kind))) continue;
        evidence_begin(o, s, kinds[i].kind);
        put_members(o, s, kinds[i].members);
        json_object_end(&o->w);
        return;
    }
    INVARIANT(!"a kind that the table has");
}

static void put_list(struct object_writer *o, const char *key, struct str texts)
{
    json_key(&o->w, key);
    json_array_begin(&o->w);
    for (struct str rest = str_sub(texts, 0, texts.n - 1); rest.n;) put_text(o, NULL, str_cut(&rest, '|'));
    json_array_end(&o->w);
}

static uint64_t number_of(struct str text)
{
    uint64_t n = 0;
    INVARIANT(str_to_u64(text, &n));
    return n;
}

static void put_member(struct object_writer *o, const struct scene *s, const char *key, char sign, struct str value)
{
    uint64_t lot = draw(s->seed, (uint64_t)(unsigned char)key[0] + 300);
    switch (sign) {
    case '=': put_text(o, key, value); break;
    case '#': put_text(o, key, draw_hex_str(lot, 1, (unsigned)number_of(value), &o->arena)); break;
    case '%': put_text(o, key, draw_guid_str(lot, 2, &o->arena)); break;
    case '+': put_i64(o, key, (int64_t)number_of(value)); break;
    case '?': put_raw(o, key, "false"); break;
    case '!': put_raw(o, key, "true"); break;
    case '@': put_time(o, key, s->alert->created); break;
    case '~': put_null(o, key); break;
    case '[': put_list(o, key, value); break;
    case '{': put_raw(o, key, "{}"); break;
    case '^': evidence_put_account(o, s, key); break;
    case '&':
        json_key(&o->w, key);
        put_nested(o, s, value);
        break;
    default:
        json_key(&o->w, key);
        json_array_begin(&o->w);
        put_nested(o, s, value);
        json_array_end(&o->w);
    }
}

static void put_members(struct object_writer *o, const struct scene *s, const char *members)
{
    for (struct str rest = str_of(members); rest.n;) {
        struct str member = str_cut(&rest, ';');
        size_t n = 0;
        while (n < member.n && strchr("=#%+?!@~[{^&*", member.p[n]) == NULL) n++;
        INVARIANT(n < member.n);
        const char *key = arena_copy(&o->arena, member.p, n);
        if (key) put_member(o, s, key, member.p[n], str_sub(member, n + 1, member.n));
    }
}

void drawn_evidence_write(struct object_writer *o, const struct scene *s, uint64_t lot)
{
    put_nested(o, s, str_of(kinds[lot % COUNT(kinds)].kind));
}
