{{/* Name of everything that the chart makes. */}}
{{- define "quorate.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "quorate.selector" -}}
app.kubernetes.io/name: quorate-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "quorate.labels" -}}
{{ include "quorate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "quorate.account" -}}
{{- default (ternary (include "quorate.name" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{/* An image reference; takes a list of registry, repository, tag, digest. */}}
{{- define "quorate.image" -}}
{{- $name := index . 1 -}}
{{- if index . 0 -}}{{- $name = printf "%s/%s" (trimSuffix "/" (index . 0)) $name -}}{{- end -}}
{{- if index . 3 -}}{{ $name }}@{{ index . 3 }}{{- else -}}{{ $name }}:{{ index . 2 }}{{- end -}}
{{- end -}}

{{- define "quorate.operatorImage" -}}
{{- $image := .Values.image -}}
{{- include "quorate.image" (list $image.registry $image.repository (default .Chart.AppVersion $image.tag) $image.digest) -}}
{{- end -}}

{{- define "quorate.memberImage" -}}
{{- $image := .Values.memberImage -}}
{{- include "quorate.image" (list (default .Values.image.registry $image.registry) $image.repository (default .Chart.AppVersion $image.tag) $image.digest) -}}
{{- end -}}

{{/* The namespaces that are watched, as a list in JSON; empty: all. */}}
{{- define "quorate.namespaces" -}}
{{- if .Values.watch.namespaces -}}
{{- .Values.watch.namespaces | toJson -}}
{{- else if eq .Values.rbac.scope "Namespace" -}}
{{- list .Release.Namespace | toJson -}}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/* The rules, with the Secrets' names where values give them. */}}
{{- define "quorate.rules" -}}
{{- $names := .Values.rbac.secretNames -}}
{{- range (.Files.Get "files/rules.yaml" | fromYaml).rules }}
{{- if and $names (has "secrets" .resources) }}
- {{ dict "apiGroups" .apiGroups "resources" .resources "verbs" (list "create") | toJson }}
- {{ dict "apiGroups" .apiGroups "resources" .resources "resourceNames" $names "verbs" (without .verbs "create") | toJson }}
{{- else }}
- {{ . | toJson }}
{{- end }}
{{- end }}
{{- end -}}
