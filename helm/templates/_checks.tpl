{{/* What the schema cannot say, in one `fail` with everything that is wrong. */}}
{{- define "rangewarden.mistakes" -}}
{{- $values := .Values }}
{{- $name := include "rangewarden.fullname" . }}
{{- if not (regexMatch "^[a-z]" $name) }}
the name {{ $name | quote }} begins with no letter, as a Service has to: set fullnameOverride
{{- end }}
{{- $drain := int (default 5 $values.settings.RANGEWARDEN_DRAIN_SECONDS) }}
{{- if lt (int $values.terminationGracePeriodSeconds) (add $drain 30 | int) }}
terminationGracePeriodSeconds is {{ $values.terminationGracePeriodSeconds }}: it has to be at least {{ add $drain 30 }}, RANGEWARDEN_DRAIN_SECONDS ({{ $drain }}) and 30 for what is under way
{{- end }}
{{- range $setting := list "HTTPS_PROXY" "HTTP_PROXY" }}
{{- if contains "@" (get $values.settings $setting | default "") }}
settings.{{ $setting }} holds a password, which everybody who reads the ConfigMap would see: give it by extraEnv from a Secret
{{- end }}
{{- end }}
{{- $unseen := and $values.networkPolicy.enabled (empty $values.networkPolicy.egress.proxy.ports) }}
{{- range $values.extraEnv }}
{{- if has .name (splitList " " (include "rangewarden.ownVariables" $)) }}
extraEnv sets {{ .name }}, which the chart sets itself, from a value of its own
{{- else if has (upper .name) (list "RANGEWARDEN_DRAIN_SECONDS" "RANGEWARDEN_PUBLISHER_URL" "RANGEWARDEN_MIRROR_URL" "NO_PROXY") }}
extraEnv sets {{ .name }}, by which the chart goes as well: give {{ upper .name }} in settings
{{- else if and $unseen .valueFrom (include "rangewarden.isProxy" .name) }}
extraEnv takes {{ .name }} from where the chart does not see its port, and the network policy would let nothing through to it: give the port in networkPolicy.egress.proxy.ports
{{- end }}
{{- end }}
{{- range $values.extraVolumes }}
{{- if has .name (list "ca" "data" "database" "tls" "tmp" "tokens") }}
extraVolumes has a volume {{ .name | quote }}: that is the name of one of the chart's own
{{- end }}
{{- end }}
{{- end }}

{{- define "rangewarden.ownVariables" -}}
RANGEWARDEN_HOST RANGEWARDEN_PORT RANGEWARDEN_ROLE RANGEWARDEN_DATA_DIR DATABASE_URL DATABASE_URL_FILE RANGEWARDEN_ADMIN_TOKEN RANGEWARDEN_ADMIN_TOKEN_FILE RANGEWARDEN_READ_TOKEN RANGEWARDEN_READ_TOKEN_FILE RANGEWARDEN_TLS_CERT RANGEWARDEN_TLS_KEY NODE_EXTRA_CA_CERTS
{{- end }}

{{- define "rangewarden.check" -}}
{{- with include "rangewarden.mistakes" . | trim }}
{{- printf "\n\n%s\n" . | fail }}
{{- end }}
{{- end }}
