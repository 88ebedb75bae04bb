{{/*
The pod of one component, as a template of a StatefulSet or Deployment. A dict of `root` (the chart)
and `component`: embedded, api or worker. All of it comes from one image and differs in its
environment alone.
*/}}
{{- define "rangewarden.podTemplate" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $selector := include "rangewarden.componentSelector" (list $root .component) }}
metadata:
  labels:
    {{- merge (include "rangewarden.labels" (list $root .component) | fromYaml) ($values.podLabels | default dict) | toYaml | nindent 4 }}
  annotations:
    {{- /* Pods read their settings when they start. */}}
    {{- $checksum := dict "checksum/settings" ($values.settings | toYaml | sha256sum) }}
    {{- merge $checksum ($values.podAnnotations | default dict) | toYaml | nindent 4 }}
spec:
  serviceAccountName: {{ include "rangewarden.serviceAccountName" $root }}
  automountServiceAccountToken: false
  {{- /* A Service named rangewarden would put RANGEWARDEN_PORT=tcp://… into every pod. */}}
  enableServiceLinks: false
  {{- with include "rangewarden.pullSecrets" $root }}
  {{- . | nindent 2 }}
  {{- end }}
  securityContext:
    {{- toYaml $values.podSecurityContext | nindent 4 }}
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- $own := dict "labelSelector" (dict "matchLabels" (fromYaml $selector)) }}
    {{- range . }}
    - {{ merge (deepCopy .) $own | toYaml | nindent 6 | trim }}
    {{- end }}
  {{- end }}
  containers:
    - name: rangewarden
      image: {{ include "rangewarden.image" $root | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: [serve]
      ports:
        - name: http
          containerPort: 8080
      {{- with $values.settings }}
      envFrom:
        - configMapRef:
            name: {{ include "rangewarden.fullname" $root }}
      {{- end }}
      env:
        {{- include "rangewarden.environment" . | nindent 8 }}
        {{- with $values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      startupProbe:
        {{- include "rangewarden.probe" (list $root "live" $values.startupProbe) | nindent 8 }}
      livenessProbe:
        {{- include "rangewarden.probe" (list $root "live" $values.livenessProbe) | nindent 8 }}
      readinessProbe:
        {{- include "rangewarden.probe" (list $root "ready" $values.readinessProbe) | nindent 8 }}
      resources:
        {{- (index $values .component).resources | toYaml | nindent 8 }}
      securityContext:
        {{- toYaml $values.securityContext | nindent 8 }}
      volumeMounts:
        {{- include "rangewarden.volumeMounts" . | nindent 8 }}
        {{- with $values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- include "rangewarden.volumes" . | nindent 4 }}
    {{- with $values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "rangewarden.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end -}}
{{- end }}

{{/* A list of the chart's root, the health path's last part, and the timing. */}}
{{- define "rangewarden.probe" -}}
{{- $root := index . 0 -}}
httpGet:
  path: /health/{{ index . 1 }}
  port: http
  {{- if $root.Values.tls.existingSecret }}
  scheme: HTTPS
  {{- end }}
{{- with index . 2 }}
{{ toYaml . }}
{{- end }}
{{- end }}
