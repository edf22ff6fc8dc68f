package compose_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

func TestTLSOverlay_ServesTheSiteByHTTPS(t *testing.T) {
	t.Parallel()
	const overlay = "docker-compose.tls.yml"
	if _, err := loadWith(t, completeEnvironment(), overlay); err == nil || !strings.Contains(err.Error(), "SITE_ADDRESS") {
		t.Errorf("without SITE_ADDRESS: %v", err)
	}
	env := completeEnvironment()
	env["SITE_ADDRESS"] = "tasks.example.com"
	project, err := loadWith(t, env, overlay)
	if err != nil {
		t.Fatal(err)
	}
	for service, variable := range map[string]string{"auth": "BETTER_AUTH_URL", "tasks": "JWT_ISSUER", "bff": "PUBLIC_URL"} {
		if got := project.Services[service].Environment[variable]; got == nil || *got != "https://tasks.example.com" {
			t.Errorf("%s of %s is %v", variable, service, got)
		}
	}
	edge := project.Services["edge"]
	var published []string
	for _, port := range edge.Ports {
		published = append(published, port.Published+"/"+port.Protocol)
	}
	if diff := cmp.Diff([]string{"80/tcp", "443/tcp", "443/udp"}, published); diff != "" {
		t.Errorf("published ports (-want +got):\n%s", diff)
	}
	var sites string
	for _, volume := range edge.Volumes {
		if strings.HasPrefix(volume.Target, "/etc/caddy/sites/") {
			sites = repotest.Read(t, volume.Source)
		}
	}
	if !strings.Contains(sites, "{$SITE_ADDRESS} {\n\timport bffs\n}") || *edge.Environment["SITE_ADDRESS"] != env["SITE_ADDRESS"] {
		t.Errorf("edge serves %q for %v", sites, edge.Environment["SITE_ADDRESS"])
	}
	if slices.Contains(edge.Tmpfs, "/data:uid=1000,gid=1000") {
		t.Error("certificates are lost when edge is recreated")
	}
	if certificates := project.Services["certificates"]; !slices.Equal(certificates.Entrypoint, []string{"chown", edge.User, "/data", "/data/caddy"}) {
		t.Errorf("certificates runs %v, edge is %s", certificates.Entrypoint, edge.User)
	}
}

func TestProgramsOverlay_ReachesOnlyAuthAndTasks(t *testing.T) {
	t.Parallel()
	project, err := loadWith(t, completeEnvironment(), "docker-compose.programs.yml")
	if err != nil {
		t.Fatal(err)
	}
	if !project.Networks["programs"].Internal || project.Networks["programs"].Name != "tasklane_programs" {
		t.Errorf("the network is %+v", project.Networks["programs"])
	}
	var reached []string
	for name, service := range project.Services {
		if _, in := service.Networks["programs"]; in {
			reached = append(reached, name)
		}
		if _, in := service.Networks["inner"]; !in && name != "edge" {
			t.Errorf("%s has left the inner network", name)
		}
	}
	slices.Sort(reached)
	if diff := cmp.Diff([]string{"auth", "tasks"}, reached); diff != "" {
		t.Errorf("services in the network (-want +got):\n%s", diff)
	}
}

// TestOverlaysAreNamed: .env.example names every overlay.
func TestOverlaysAreNamed(t *testing.T) {
	t.Parallel()
	overlays, err := filepath.Glob(filepath.Join(repotest.Root(t), "docker-compose.*.yml"))
	if err != nil || len(overlays) == 0 {
		t.Fatal(overlays, err)
	}
	example := repotest.Read(t, filepath.Join(repotest.Root(t), ".env.example"))
	for _, overlay := range overlays {
		if name := filepath.Base(overlay); !strings.Contains(example, name) {
			t.Errorf(".env.example does not name %s", name)
		}
	}
}
