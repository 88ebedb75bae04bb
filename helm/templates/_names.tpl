{{/* Names, labels and selectors. */}}

{{- define "rangewarden.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* Kubernetes appends up to 11 characters to a StatefulSet's name, and the result is a label (63). */}}
{{- define "rangewarden.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride }}
{{- else if contains (include "rangewarden.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "rangewarden.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "rangewarden.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "rangewarden.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Of all pods of the release but the test's: what never changes. */}}
{{- define "rangewarden.selectorLabels" -}}
app.kubernetes.io/name: {{ include "rangewarden.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Of the pods of one kind: a list of the chart's root and the component. */}}
{{- define "rangewarden.componentSelector" -}}
{{ include "rangewarden.selectorLabels" (first .) }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{/* The component whose pods serve lists. */}}
{{- define "rangewarden.serving" -}}
{{ eq .Values.database.mode "embedded" | ternary "embedded" "api" }}
{{- end }}

{{/*
Of an object: a list of the chart's root and, where the object is of one component, that. The standard
ones win over those of the values, which selectors rely on.
*/}}
{{- define "rangewarden.labels" -}}
{{- $root := first . }}
{{- $own := include "rangewarden.selectorLabels" $root | fromYaml }}
{{- range rest . }}
{{- $_ := set $own "app.kubernetes.io/component" . }}
{{- end }}
{{- include "rangewarden.describedBy" (list $root $own) }}
{{- end }}

{{/* The labels that select nothing, beside those of the dict that is last. */}}
{{- define "rangewarden.describedBy" -}}
{{- with first . }}
{{- $standard := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63)
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service
  "app.kubernetes.io/part-of" "rangewarden" }}
{{- merge (last $) $standard (.Values.commonLabels | default dict) | toYaml }}
{{- end }}
{{- end }}

{{/* The test's pod is no part of the service: no Service may select it. */}}
{{- define "rangewarden.testSelector" -}}
app.kubernetes.io/name: {{ include "rangewarden.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "rangewarden.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "rangewarden.servicePort" -}}
{{ .Values.service.port | default (ternary 80 443 (empty .Values.tls.existingSecret)) }}
{{- end }}

{{/* Of the Service, within the cluster. */}}
{{- define "rangewarden.url" -}}
{{ .Values.tls.existingSecret | empty | ternary "http" "https" }}://{{ include "rangewarden.fullname" . }}.{{ .Release.Namespace }}:{{ include "rangewarden.servicePort" . }}
{{- end }}
