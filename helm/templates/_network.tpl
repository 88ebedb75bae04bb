{{/*
Who may connect to the pods of a component: a list of the chart's root and the component. Where nobody is
named everybody may; workers have nothing for those who want lists.
*/}}
{{- define "rangewarden.ingressRules" -}}
{{- $root := first . }}
{{- $from := $root.Values.networkPolicy.ingress.from | default list }}
{{- $metricsFrom := $root.Values.networkPolicy.ingress.metricsFrom | default list }}
{{- $peers := concat $from $metricsFrom }}
{{- if eq (last .) "worker" }}
{{- $peers = $metricsFrom }}
{{- else }}
{{- $test := include "rangewarden.testSelector" $root | fromYaml }}
{{- $peers = append $peers (dict "podSelector" (dict "matchLabels" $test)) }}
{{- end }}
{{- if not $from | and (or (ne (last .) "worker") (not $metricsFrom)) }}
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

{{/* Whether a variable names a proxy: the service reads these in small letters too. */}}
{{- define "rangewarden.isProxy" -}}
{{- if has (upper .) (list "HTTPS_PROXY" "HTTP_PROXY") }}yes{{ end }}
{{- end }}

{{/* The ports of the proxy, separated by commas; none where there is no proxy. */}}
{{- define "rangewarden.proxyPorts" -}}
{{- $ports := .Values.networkPolicy.egress.proxy.ports | default list }}
{{- range list "HTTPS_PROXY" "HTTP_PROXY" }}
{{- with get $.Values.settings . }}
{{- $ports = append $ports (include "rangewarden.portOf" .) }}
{{- end }}
{{- end }}
{{- range .Values.extraEnv }}
{{- if and .value (include "rangewarden.isProxy" .name) }}
{{- $ports = append $ports (include "rangewarden.portOf" .value) }}
{{- end }}
{{- end }}
{{- $ports | toStrings | uniq | join ", " }}
{{- end }}

{{/* 443, unless all goes through a proxy: what NO_PROXY names does not. */}}
{{- define "rangewarden.directPorts" -}}
{{- if include "rangewarden.proxyPorts" . | empty | or .Values.settings.NO_PROXY }}443{{ end }}
{{- end }}

{{/* Those of mirrors that the settings name, which a proxy seldom leads to. */}}
{{- define "rangewarden.mirrorPorts" -}}
{{- $ports := list }}
{{- range list "RANGEWARDEN_PUBLISHER_URL" "RANGEWARDEN_MIRROR_URL" }}
{{- with get $.Values.settings . }}
{{- $ports = append $ports (include "rangewarden.portOf" .) }}
{{- end }}
{{- end }}
{{- $ports | uniq | join ", " }}
{{- end }}

{{/* All ports of what is outside, separated by commas. */}}
{{- define "rangewarden.outsidePorts" -}}
{{- $ports := list (include "rangewarden.proxyPorts" .) (include "rangewarden.directPorts" .) (include "rangewarden.mirrorPorts" .) }}
{{- $ports | compact | join ", " | splitList ", " | uniq | join ", " }}
{{- end }}

{{/* Of the pods that fetch and deliver. */}}
{{- define "rangewarden.outsideRules" -}}
{{- $egress := .Values.networkPolicy.egress }}
{{- with include "rangewarden.proxyPorts" . }}
{{ include "rangewarden.egressRule" (list $egress.proxy.to (splitList ", " .)) }}
{{- end }}
{{- with include "rangewarden.directPorts" . }}
{{ include "rangewarden.egressRule" (list $egress.https.to (list .)) }}
{{- end }}
{{- with include "rangewarden.mirrorPorts" . }}
{{ include "rangewarden.egressRule" (list list (splitList ", " .)) }}
{{- end }}
{{- end }}

{{/* Of both Services. */}}
{{- define "rangewarden.ipFamilies" -}}
{{- with .Values.service.ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .Values.service.ipFamilies }}
ipFamilies:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The port of a URL that is an origin, with a password before the host or not. */}}
{{- define "rangewarden.portOf" -}}
{{- $port := regexFind ":[0-9]+/?$" . | trimPrefix ":" | trimSuffix "/" -}}
{{- $port | default (hasPrefix "https:" . | ternary 443 80) -}}
{{- end }}
