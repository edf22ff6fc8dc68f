package compose_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

var dockerfiles = []string{"services/Dockerfile", "services/auth/Dockerfile", "bff/Dockerfile"}

// TestImagesBuildForOtherMachines: compilers and installers run natively, also for
// an image of another architecture.
func TestImagesBuildForOtherMachines(t *testing.T) {
	t.Parallel()
	for _, name := range dockerfiles {
		text := repotest.Read(t, filepath.Join(repotest.Root(t), name))
		stages := regexp.MustCompile(`(?m)^FROM .*$`).FindAllString(text, -1)
		for _, stage := range stages[:len(stages)-1] {
			if !strings.HasPrefix(stage, "FROM --platform=$BUILDPLATFORM ") {
				t.Errorf("%s: %q would run under emulation", name, stage)
			}
		}
		if last := text[strings.LastIndex(text, "\nFROM "):]; strings.Contains(last, "\nRUN ") {
			t.Errorf("%s: the last stage runs commands, which need emulation for another architecture", name)
		}
		if strings.Contains(text, "go build") && !strings.Contains(text, "GOOS=$TARGETOS GOARCH=$TARGETARCH") {
			t.Errorf("%s compiles for the build machine, not the target", name)
		}
	}
}

// TestBuildsAreCached: an edit does not download or compile everything again, and
// no cache is in an image.
func TestBuildsAreCached(t *testing.T) {
	t.Parallel()
	caches := map[string]string{
		"go mod download": "target=/go/pkg/mod",
		"go build":        "target=/root/.cache/go-build",
		"npm ci":          "target=/root/.npm",
	}
	for _, name := range dockerfiles {
		text := strings.ReplaceAll(repotest.Read(t, filepath.Join(repotest.Root(t), name)), "\\\n", "")
		for line := range strings.Lines(text) {
			for command, cache := range caches {
				if strings.HasPrefix(line, "RUN ") && strings.Contains(line, command) && !strings.Contains(line, "--mount=type=cache,"+cache) {
					t.Errorf("%s: %q has no cache", name, line)
				}
			}
		}
	}
}

// TestImagesHaveLabelsAndVersions: images have OCI labels, and their programs print a version.
func TestImagesHaveLabelsAndVersions(t *testing.T) {
	t.Parallel()
	for _, name := range dockerfiles {
		text := repotest.Read(t, filepath.Join(repotest.Root(t), name))
		last := text[strings.LastIndex(text, "\nFROM "):]
		for _, label := range []string{"title", "source", "licenses", "version", "revision"} {
			if !strings.Contains(last, "org.opencontainers.image."+label+"=") {
				t.Errorf("%s: the image has no label %s", name, label)
			}
		}
		for _, variable := range []string{"Number=$VERSION", "Revision=$REVISION"} {
			if strings.Contains(text, "go build") && !strings.Contains(text, "/services/version."+variable) {
				t.Errorf("%s: the program is built without %s", name, variable)
			}
		}
	}
	project := load(t)
	for _, name := range []string{"tasks", "bff", "auth"} {
		service := project.Services[name]
		if version := service.Build.Args["VERSION"]; version == nil || *version != "dev" || !strings.HasSuffix(service.Image, ":dev") {
			t.Errorf("%s is built as version %v and tagged %s", name, version, service.Image)
		}
	}
}

// TestReleasesCanBePulled: .env can name published images in place of built ones.
func TestReleasesCanBePulled(t *testing.T) {
	t.Parallel()
	env := completeEnvironment()
	env["IMAGES"], env["VERSION"] = "ghcr.io/tasklane", "1.2.3"
	project, err := loadWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	for service, image := range map[string]string{"migrate": "tasks", "tasks": "tasks", "bff": "bff", "auth": "auth"} {
		if got, want := project.Services[service].Image, "ghcr.io/tasklane/"+image+":1.2.3"; got != want {
			t.Errorf("the image of %s is %s, want %s", service, got, want)
		}
	}
}

// TestNothingIsCompiledForAuth: its packages are installed on the machine that
// builds, so a compiled one would be for the wrong architecture.
func TestNothingIsCompiledForAuth(t *testing.T) {
	t.Parallel()
	lock := repotest.Read(t, filepath.Join(repotest.Root(t), "services", "auth", "package-lock.json"))
	for _, sign := range []string{`"hasInstallScript": true`, `"cpu": [`, `"os": [`} {
		if strings.Contains(lock, sign) {
			t.Errorf("package-lock.json has %s", sign)
		}
	}
}

// TestCaddyTriesOtherReplicas: Caddy 2.10 responds with 502 instead of sending a request with a body to
// another replica.
func TestCaddyTriesOtherReplicas(t *testing.T) {
	t.Parallel()
	match := regexp.MustCompile(`^caddy:2\.(\d+)-alpine$`).FindStringSubmatch(load(t).Services["edge"].Image)
	if match == nil {
		t.Fatalf("the image of edge is %s", load(t).Services["edge"].Image)
	}
	if minor, err := strconv.Atoi(match[1]); err != nil || minor < 11 {
		t.Errorf("Caddy 2.%s is too old", match[1])
	}
	config := repotest.Read(t, filepath.Join(repotest.Root(t), "services", "stack", "compose", "Caddyfile"))
	for _, want := range []string{"grace_period 3s", "lb_try_duration 3s", "dial_timeout 300ms"} {
		if !strings.Contains(config, "\t"+want+"\n") {
			t.Errorf("the Caddyfile lacks %s", want)
		}
	}
	if edge := load(t).Services["edge"]; !slices.Contains(edge.Tmpfs, "/data:uid=1000,gid=1000") || !slices.Contains(edge.Tmpfs, "/config:uid=1000,gid=1000") {
		t.Errorf("edge cannot write to %v", edge.Tmpfs)
	}
}

// TestNodeIsTested: CI runs the tests with the Node that the images have.
func TestNodeIsTested(t *testing.T) {
	t.Parallel()
	workflow := repotest.Read(t, filepath.Join(repotest.Root(t), ".github", "workflows", "ci.yml"))
	tested := regexp.MustCompile(`(?m)^        node: \[(.*?)\]`).FindStringSubmatch(workflow)
	if tested == nil {
		t.Fatal("ci.yml lacks the versions of Node")
	}
	for _, name := range dockerfiles {
		for _, match := range regexp.MustCompile(`(?m)^FROM .*\bnode:(\d+)-`).FindAllStringSubmatch(repotest.Read(t, filepath.Join(repotest.Root(t), name)), -1) {
			if !slices.Contains(strings.Split(tested[1], ", "), match[1]) {
				t.Errorf("%s has Node %s, CI tests %s", name, match[1], tested[1])
			}
		}
	}
}

// TestPublishedImagesMatchCompose: compose can pull the published images, which have an SBOM and
// provenance.
func TestPublishedImagesMatchCompose(t *testing.T) {
	t.Parallel()
	workflow := repotest.Read(t, filepath.Join(repotest.Root(t), ".github", "workflows", "publish.yml"))
	for _, want := range []string{
		`tags: ["v[0-9]*"]`, "make test-compose", `*.platform=linux/amd64,linux/arm64`, "--sbom=true", "--provenance=mode=max", "--push",
		"IMAGES=", "VERSION=", "REVISION=",
	} {
		if !strings.Contains(workflow, want) {
			t.Errorf("publish.yml lacks %s", want)
		}
	}
	_, targets, found := strings.Cut(workflow, "--push ")
	if !found {
		t.Fatal("publish.yml publishes nothing")
	}
	for target := range strings.FieldsSeq(targets) {
		if service, err := load(t).GetService(target); err != nil || service.Build == nil {
			t.Errorf("publish.yml publishes %s, which compose does not build", target)
		}
	}
}

// TestImages_HaveOneBuild: compose recreates the containers of an image that another
// service has built again.
func TestImages_HaveOneBuild(t *testing.T) {
	t.Parallel()
	builders := map[string]string{}
	for name, service := range load(t).Services {
		if service.Build == nil {
			continue
		}
		if other, ok := builders[service.Image]; ok {
			t.Errorf("%s and %s both build %s", other, name, service.Image)
		}
		builders[service.Image] = name
	}
	if len(builders) != 3 {
		t.Errorf("compose builds %d images, want 3: %v", len(builders), builders)
	}
}
