package kubernetes

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/corsproof/corsproof/fixtures"
)

// Manifests that no cluster has read are at least what Kubernetes' own types say:
// an unknown or doubled field is an error, and so is a value of another type.
func TestManifests(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(fixtures.Files, "kubernetes/*.yaml")
	require.NoError(t, err)
	var names []string
	for _, file := range files {
		text, err := fixtures.Files.ReadFile(file)
		require.NoError(t, err)
		documents := bytes.Split(text, []byte("\n---\n"))
		require.Len(t, documents, 2, file)
		var service corev1.Service
		decode(t, file, documents[0], &service)
		var deployment appsv1.Deployment
		decode(t, file, documents[1], &deployment)
		names = append(names, deployment.Name)
		assert.Equal(t, "kubernetes/"+deployment.Name+".yaml", file)
		assert.Equal(t, [2]string{"Service", "v1"}, [2]string{service.Kind, service.APIVersion}, file)
		assert.Equal(t, [2]string{"Deployment", "apps/v1"}, [2]string{deployment.Kind, deployment.APIVersion}, file)

		pod := deployment.Spec.Template
		labels := map[string]string{"app": deployment.Name}
		assert.Equal(t, labels, service.Spec.Selector, file)
		assert.Equal(t, labels, deployment.Spec.Selector.MatchLabels, file)
		assert.Equal(t, labels, pod.Labels, file)
		assert.Equal(t, deployment.Name, service.Name, file)
		assert.Empty(t, service.Spec.Type, "%s: the default, ClusterIP, leads from inside alone", file)
		require.Len(t, pod.Spec.Containers, 1, file)
		c := pod.Spec.Containers[0]
		assert.Equal(t, service.Spec.Ports[0].Port, c.Ports[0].ContainerPort, file)
		assert.NotNil(t, c.ReadinessProbe, file)
		assert.Equal(t, appsv1.RecreateDeploymentStrategyType, deployment.Spec.Strategy.Type, file)
		assert.True(t, *pod.Spec.SecurityContext.RunAsNonRoot, file)
		assert.False(t, *c.SecurityContext.AllowPrivilegeEscalation, file)
		if ours := strings.HasPrefix(c.Image, "corsproof-"); ours {
			assert.Contains(t, Images, c.Image, file)
			assert.Equal(t, corev1.PullNever, c.ImagePullPolicy, "%s: no registry has it, or somebody else's has", file)
		}
		for _, e := range c.Env {
			if e.ValueFrom != nil {
				assert.Equal(t, [2]string{"database", "password"}, [2]string{e.ValueFrom.SecretKeyRef.Name, e.ValueFrom.SecretKeyRef.Key}, file)
			}
		}
	}
	slices.Sort(names)
	assert.Equal(t, []string{fastapi, node, postgres}, names)
}

// decode reads as an API server does that is told to be strict: names of fields in
// their own case, each of them once.
func decode(t *testing.T, file string, document []byte, into any) {
	t.Helper()
	text, err := yaml.YAMLToJSONStrict(document)
	require.NoError(t, err, file)
	mistakes, err := json.UnmarshalStrict(text, into)
	require.NoError(t, err, file)
	require.Empty(t, mistakes, file)
}
