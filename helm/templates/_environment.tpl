{{/*
What the chart itself sets, and the files that these variables name. A dict of `root` and `component`.
*/}}
{{- define "rangewarden.environment" -}}
{{- $values := .root.Values -}}
- name: RANGEWARDEN_HOST
  value: {{ $values.host | quote }}
- name: RANGEWARDEN_PORT
  value: '8080'
- name: RANGEWARDEN_ROLE
  value: {{ eq .component "embedded" | ternary "all" .component }}
{{- if eq .component "embedded" }}
- name: RANGEWARDEN_DATA_DIR
  value: /data
{{- else }}
- name: DATABASE_URL_FILE
  value: /etc/rangewarden/database/url
{{- end }}
{{- if include "rangewarden.hasAdminToken" . }}
- name: RANGEWARDEN_ADMIN_TOKEN_FILE
  value: /etc/rangewarden/tokens/admin
{{- end }}
{{- if include "rangewarden.hasReadToken" .root }}
- name: RANGEWARDEN_READ_TOKEN_FILE
  value: /etc/rangewarden/tokens/read
{{- end }}
{{- if $values.tls.existingSecret }}
- name: RANGEWARDEN_TLS_CERT
  value: /etc/rangewarden/tls/tls.crt
- name: RANGEWARDEN_TLS_KEY
  value: /etc/rangewarden/tls/tls.key
{{- end }}
{{- if include "rangewarden.hasCaCertificates" .root }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/rangewarden/ca/ca.crt
{{- end }}
{{- end }}

{{/* A worker changes nothing for anybody, so it gets no admin token. */}}
{{- define "rangewarden.hasAdminToken" -}}
{{- with .root.Values.secrets }}
{{- if and .existingSecret .adminTokenKey (ne $.component "worker") }}yes{{ end }}
{{- end }}
{{- end }}

{{- define "rangewarden.hasReadToken" -}}
{{- with .Values.secrets }}
{{- if and .existingSecret .readTokenKey }}yes{{ end }}
{{- end }}
{{- end }}

{{- define "rangewarden.hasCaCertificates" -}}
{{- with .Values.extraCaCertificates }}
{{- if or .configMap .secret }}yes{{ end }}
{{- end }}
{{- end }}

{{- define "rangewarden.hasTokens" -}}
{{- if or (include "rangewarden.hasAdminToken" .) (include "rangewarden.hasReadToken" .root) }}yes{{ end }}
{{- end }}

{{- define "rangewarden.volumeMounts" -}}
- name: tmp
  mountPath: /tmp
{{- if eq .component "embedded" }}
- name: data
  mountPath: /data
{{- else }}
- name: database
  mountPath: /etc/rangewarden/database
  readOnly: true
{{- end }}
{{- if include "rangewarden.hasTokens" . }}
- name: tokens
  mountPath: /etc/rangewarden/tokens
  readOnly: true
{{- end }}
{{- if .root.Values.tls.existingSecret }}
- name: tls
  mountPath: /etc/rangewarden/tls
  readOnly: true
{{- end }}
{{- if include "rangewarden.hasCaCertificates" .root }}
- name: ca
  mountPath: /etc/rangewarden/ca
  readOnly: true
{{- end }}
{{- end }}

{{/* Files of Secrets have mode 288, which is 0440: root's, and readable by the pod's fsGroup. */}}
{{- define "rangewarden.volumes" -}}
{{- $values := .root.Values -}}
- name: tmp
  emptyDir:
    sizeLimit: 128Mi
{{- if ne .component "embedded" }}
- name: database
  secret:
    secretName: {{ $values.database.existingSecret | quote }}
    defaultMode: 288
    items:
      - key: {{ $values.database.existingSecretKey | quote }}
        path: url
{{- else if not $values.persistence.enabled }}
- name: data
  emptyDir: {}
{{- else if $values.persistence.existingClaim }}
- name: data
  persistentVolumeClaim:
    claimName: {{ $values.persistence.existingClaim | quote }}
{{- end }}
{{- if include "rangewarden.hasTokens" . }}
- name: tokens
  secret:
    secretName: {{ $values.secrets.existingSecret | quote }}
    defaultMode: 288
    items:
      {{- if include "rangewarden.hasAdminToken" . }}
      - key: {{ $values.secrets.adminTokenKey | quote }}
        path: admin
      {{- end }}
      {{- if include "rangewarden.hasReadToken" .root }}
      - key: {{ $values.secrets.readTokenKey | quote }}
        path: read
      {{- end }}
{{- end }}
{{- with $values.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ . | quote }}
    defaultMode: 288
    items:
      - key: tls.crt
        path: tls.crt
      - key: tls.key
        path: tls.key
{{- end }}
{{- with $values.extraCaCertificates }}
{{- if .configMap }}
- name: ca
  configMap:
    name: {{ .configMap | quote }}
    items:
      - key: {{ .key | quote }}
        path: ca.crt
{{- else if .secret }}
- name: ca
  secret:
    secretName: {{ .secret | quote }}
    defaultMode: 288
    items:
      - key: {{ .key | quote }}
        path: ca.crt
{{- end }}
{{- end }}
{{- end }}
