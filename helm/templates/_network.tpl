{{/*
Who may connect to the pods of a component: a list of the chart's root and the component. Where nobody is
named everybody may; workers have nothing for those who want lists.
*/}}
{{- define "rangewarden.ingressRules" -}}
{{- $root := first . }}
{{- with $root.Values.networkPolicy.ingress }}
{{- $peers := concat .from .metricsFrom }}
{{- if eq (last $) "worker" }}
{{- $peers = .metricsFrom }}
{{- else }}
{{- $test := include "rangewarden.testSelector" $root | fromYaml }}
{{- $peers = append $peers (dict "podSelector" (dict "matchLabels" $test)) }}
{{- end }}
{{- if not .from | and (or (ne (last $) "worker") (not .metricsFrom)) }}
- ports:
    - port: http
{{- else if $peers }}
- ports:
    - port: http
  from:
    {{- toYaml $peers | nindent 4 }}
{{- else }}
[]
{{- end }}
{{- end }}
{{- end }}

{{/* A list of peers (none for anywhere), ports, and "both" where UDP goes there too. */}}
{{- define "rangewarden.egressRule" -}}
{{- $protocols := eq (len .) 3 | ternary (list "UDP" "TCP") (list "TCP") -}}
- ports:
    {{- range $port := index . 1 }}
    {{- range $protocols }}
    - port: {{ $port }}
      protocol: {{ . }}
    {{- end }}
    {{- end }}
  {{- with first . }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/*
The ports of what is outside, separated by commas: the proxy's if there is one, 443 if not.
*/}}
{{- define "rangewarden.outsidePorts" -}}
{{- $ports := .Values.networkPolicy.egress.proxy.ports }}
{{- range list "HTTPS_PROXY" "HTTP_PROXY" }}
{{- with get $.Values.settings . }}
{{- $ports = append $ports (include "rangewarden.portOf" . | int) }}
{{- end }}
{{- end }}
{{- $ports | default (list 443) | toStrings | uniq | join ", " }}
{{- end }}

{{/* Those of mirrors that the settings name, which a proxy seldom leads to. */}}
{{- define "rangewarden.mirrorPorts" -}}
{{- $ports := list }}
{{- range list "RANGEWARDEN_PUBLISHER_URL" "RANGEWARDEN_MIRROR_URL" }}
{{- with get $.Values.settings . }}
{{- $ports = append $ports (include "rangewarden.portOf" . | int) }}
{{- end }}
{{- end }}
{{- $ports | toStrings | uniq | join ", " }}
{{- end }}

{{/* Of the pods that fetch and deliver. */}}
{{- define "rangewarden.outsideRules" -}}
{{- with .Values.networkPolicy.egress }}
{{- $proxied := or .proxy.ports $.Values.settings.HTTPS_PROXY $.Values.settings.HTTP_PROXY }}
{{- $to := empty $proxied | ternary .https.to .proxy.to }}
{{- include "rangewarden.egressRule" (list $to (include "rangewarden.outsidePorts" $ | splitList ", ")) }}
{{- end }}
{{- with include "rangewarden.mirrorPorts" . }}
{{ include "rangewarden.egressRule" (list list (splitList ", " .)) }}
{{- end }}
{{- end }}

{{/* The port of a URL that is an origin, with a password before the host or not. */}}
{{- define "rangewarden.portOf" -}}
{{- $port := regexFind ":[0-9]+/?$" . | trimPrefix ":" | trimSuffix "/" -}}
{{- $port | default (hasPrefix "https:" . | ternary 443 80) -}}
{{- end }}
