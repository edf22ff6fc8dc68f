// Package kubernetes_test builds services/deploy/kubernetes like kubectl and decodes the
// result into the types of the API.
package kubernetes_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const source = "../../kubernetes"

// release is the line of OPERATIONS.md that sets the version of the images.
var release = regexp.MustCompile(`(?m)^(sed -i\.bak .*'s/.*newTag: 1\.2\.3/') services/deploy/kubernetes/(kustomization\.yaml)`)

// objects are the objects that kubectl would apply, by kind and name.
type objects map[string]any

// build returns the objects of a release, with the example of the secrets.
func build(t *testing.T) objects {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "kubernetes")
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	secrets, err := os.ReadFile(filepath.Join(dir, "secrets.env.example"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secrets.env"), secrets, 0o600); err != nil {
		t.Fatal(err)
	}
	setRelease(t, dir)
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	all := objects{}
	for _, resource := range built.Resources() {
		types := map[string]any{
			"v1/Namespace": new(core.Namespace), "v1/ConfigMap": new(core.ConfigMap), "v1/Secret": new(core.Secret), "v1/Service": new(core.Service),
			"apps/v1/Deployment": new(apps.Deployment), "batch/v1/Job": new(batch.Job), "policy/v1/PodDisruptionBudget": new(policy.PodDisruptionBudget),
			"networking.k8s.io/v1/Ingress": new(networking.Ingress), "networking.k8s.io/v1/NetworkPolicy": new(networking.NetworkPolicy),
		}
		gvk := resource.GetGvk()
		kind := strings.TrimPrefix(gvk.Group+"/"+gvk.Version+"/"+gvk.Kind, "/")
		object, known := types[kind]
		if !known {
			t.Errorf("the test does not know the kind %s", kind)
			continue
		}
		if err := yaml.UnmarshalStrict([]byte(resource.MustYaml()), object); err != nil {
			t.Errorf("%s %s: %v", kind, resource.GetName(), err)
		}
		if resource.GetNamespace() != "tasklane" && gvk.Kind != "Namespace" {
			t.Errorf("%s %s is in the namespace %q", kind, resource.GetName(), resource.GetNamespace())
		}
		all[gvk.Kind+" "+resource.GetName()] = object
	}
	return all
}

// setRelease sets the release of the manifests in dir as OPERATIONS.md says.
func setRelease(t *testing.T, dir string) {
	t.Helper()
	images, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	if err != nil || bytes.Count(images, []byte("newTag: ")) != bytes.Count(images, []byte("newTag: RELEASE ")) {
		t.Errorf("the images have a version in the repository: %v\n%s", err, images)
	}
	page, err := os.ReadFile("../../../../OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	line := release.FindSubmatch(page)
	if line == nil {
		t.Fatal("OPERATIONS.md does not set the release")
	}
	set := exec.Command("sh", "-c", string(line[1])+" "+string(line[2]))
	set.Dir = dir
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", set, err, out)
	}
}

func TestManifests_FitTogether(t *testing.T) {
	t.Parallel()
	all := build(t)
	ports := map[string]map[string]int32{} // by app and name
	for name, object := range all {
		switch object := object.(type) {
		case *apps.Deployment:
			ports[object.Name] = checkPod(t, all, name, object.Spec.Template)
			container := object.Spec.Template.Spec.Containers[0]
			if object.Spec.Selector.MatchLabels["app"] != object.Spec.Template.Labels["app"] {
				t.Errorf("%s does not select its pods", name)
			}
			if container.ReadinessProbe == nil || container.LivenessProbe == nil || container.LivenessProbe.HTTPGet.Path != "/healthz" || container.ReadinessProbe.HTTPGet.Path != "/readyz" {
				t.Errorf("%s has the wrong probes", name)
			}
		case *batch.Job:
			checkPod(t, all, name, object.Spec.Template)
		}
	}
	for name, object := range all {
		switch object := object.(type) {
		case *core.Service:
			target := object.Spec.Ports[0].TargetPort.StrVal
			if got := ports[object.Spec.Selector["app"]][target]; got != object.Spec.Ports[0].Port {
				t.Errorf("%s leads to port %d, its pods have %d", name, object.Spec.Ports[0].Port, got)
			}
		case *networking.Ingress:
			backend := object.Spec.Rules[0].HTTP.Paths[0].Backend.Service
			if service, ok := all["Service "+backend.Name].(*core.Service); !ok || service.Spec.Ports[0].Name != backend.Port.Name {
				t.Errorf("%s leads to %v", name, backend)
			}
		case *networking.NetworkPolicy:
			app := ports[object.Spec.PodSelector.MatchLabels["app"]]
			for _, rule := range object.Spec.Ingress {
				for _, port := range rule.Ports {
					if !slices.Contains(values(app), port.Port.IntVal) {
						t.Errorf("%s opens port %v, its pods have %v", name, port.Port, app)
					}
				}
			}
		}
	}
}

// checkPod returns the ports of the pod's container by their names.
func checkPod(t *testing.T, all objects, name string, template core.PodTemplateSpec) map[string]int32 {
	t.Helper()
	if len(template.Spec.Containers) != 1 {
		t.Fatalf("%s has %d containers", name, len(template.Spec.Containers))
	}
	container := template.Spec.Containers[0]
	secure := container.SecurityContext
	if secure == nil || !*secure.ReadOnlyRootFilesystem || *secure.AllowPrivilegeEscalation || !*secure.RunAsNonRoot || !slices.Equal(secure.Capabilities.Drop, []core.Capability{"ALL"}) || secure.SeccompProfile == nil {
		t.Errorf("%s keeps privileges", name)
	}
	if container.Resources.Limits.Memory().Value() < 256<<20 {
		t.Errorf("the memory limit of %s is %s, want at least 256Mi", name, container.Resources.Limits.Memory())
	}
	if !strings.HasPrefix(container.Image, "ghcr.io/tasklane/") || !strings.HasSuffix(container.Image, ":1.2.3") {
		t.Errorf("%s has the image %s", name, container.Image)
	}
	seen := map[string]bool{}
	for _, variable := range container.Env {
		if seen[variable.Name] {
			t.Errorf("%s sets %s twice", name, variable.Name)
		}
		seen[variable.Name] = true
		if from := variable.ValueFrom; from != nil {
			if from.SecretKeyRef != nil {
				secret, ok := all["Secret "+from.SecretKeyRef.Name].(*core.Secret)
				if _, found := secret.Data[from.SecretKeyRef.Key]; !ok || !found {
					t.Errorf("%s: %s is not among the secrets", name, from.SecretKeyRef.Key)
				}
			} else {
				config, ok := all["ConfigMap "+from.ConfigMapKeyRef.Name].(*core.ConfigMap)
				if _, found := config.Data[from.ConfigMapKeyRef.Key]; !ok || !found {
					t.Errorf("%s: %s is not among the settings", name, from.ConfigMapKeyRef.Key)
				}
			}
		}
		for _, word := range []string{"PASSWORD", "SECRET", "DATABASE_URL"} {
			if strings.Contains(variable.Name, word) && (variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil) {
				t.Errorf("%s: %s does not come from a secret", name, variable.Name)
			}
		}
	}
	ports := map[string]int32{}
	for _, port := range container.Ports {
		ports[port.Name] = port.ContainerPort
	}
	return ports
}

func values(ports map[string]int32) (all []int32) {
	for _, port := range ports {
		all = append(all, port)
	}
	return all
}
