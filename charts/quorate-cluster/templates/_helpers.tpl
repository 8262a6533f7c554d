{{/* Name of the QuorumCluster. */}}
{{- define "quorate.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "quorate.labels" -}}
app.kubernetes.io/instance: {{ include "quorate.name" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Labels of the members' Pods. */}}
{{- define "quorate.members" -}}
app.kubernetes.io/name: quorate
app.kubernetes.io/instance: {{ include "quorate.name" . }}
{{- end -}}

{{/* An image reference; takes a list of registry, repository, tag, digest. */}}
{{- define "quorate.image" -}}
{{- $name := index . 1 -}}
{{- if index . 0 -}}{{- $name = printf "%s/%s" (trimSuffix "/" (index . 0)) $name -}}{{- end -}}
{{- if index . 3 -}}{{ $name }}@{{ index . 3 }}{{- else -}}{{ $name }}:{{ index . 2 }}{{- end -}}
{{- end -}}
