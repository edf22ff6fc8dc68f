// Package compose_test checks docker-compose.yml, for machines without Docker.
package compose_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

// secrets are the variables without which the stack must not start.
var secrets = []string{"BETTER_AUTH_SECRET", "POSTGRES_PASSWORD", "OWNER_PASSWORD", "AUTH_PASSWORD", "APP_PASSWORD"}

// sources are the directories whose code reads our services' environment.
var sources = map[string][]string{
	"migrate": {"services/tasks/cmd/tasks"},
	"tasks":   {"services/tasks/cmd/tasks", "services/httpapi", "services/httpapi/tracing"},
	"bff":     {"bff/cmd/bff", "services/httpapi", "services/httpapi/tracing"},
	"auth":    {"services/auth"},
}

func TestOnlyEdgeIsPublished(t *testing.T) {
	t.Parallel()
	var published []string
	for name, service := range load(t).Services {
		if len(service.Ports) > 0 {
			published = append(published, name)
		}
		if service.ContainerName != "" {
			t.Errorf("%s has a container name, so it cannot be scaled", name)
		}
		if service.NetworkMode != "" {
			t.Errorf("%s has network mode %s", name, service.NetworkMode)
		}
	}
	if diff := cmp.Diff([]string{"edge"}, published); diff != "" {
		t.Errorf("published services (-want +got):\n%s", diff)
	}
}

func TestOnlyConnectedServicesShareNetworks(t *testing.T) {
	t.Parallel()
	project := load(t)
	want := map[string][]string{
		"edge":  {"bff", "edge"},
		"bff":   {"auth", "bff", "edge", "migrate", "postgres", "roles", "tasks"},
		"tasks": {"auth", "bff", "migrate", "postgres", "roles", "tasks"},
	}
	for name, reachable := range want {
		if diff := cmp.Diff(reachable, sharesNetwork(project, name)); diff != "" {
			t.Errorf("services that %s can reach (-want +got):\n%s", name, diff)
		}
	}
	if !project.Networks["inner"].Internal {
		t.Error("the inner network leads outside")
	}
	for name, service := range project.Services {
		if _, leadsOutside := service.Networks["egress"]; leadsOutside != (name == "auth") {
			t.Errorf("%s is on the network egress: %v", name, leadsOutside)
		}
	}
}

func sharesNetwork(project *types.Project, name string) []string {
	var found []string
	for other, service := range project.Services {
		for network := range service.Networks {
			if _, ok := project.Services[name].Networks[network]; ok && !slices.Contains(found, other) {
				found = append(found, other)
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestContainersAreHardened(t *testing.T) {
	t.Parallel()
	root := repotest.Root(t)
	project := load(t)
	for name, service := range project.Services {
		if !service.ReadOnly {
			t.Errorf("%s may write to its image's file system", name)
		}
		if !slices.Contains(service.CapDrop, "ALL") || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s keeps privileges", name)
		}
		if user := imageUser(t, root, project, service); user == "" || user == "root" || strings.HasPrefix(user, "0") {
			t.Errorf("%s runs as root", name)
		}
	}
}

// TestLogOfPostgresHasNoValues: unless it is terse, PostgreSQL's log has the
// values that violate a unique constraint.
func TestLogOfPostgresHasNoValues(t *testing.T) {
	t.Parallel()
	if command := load(t).Services["postgres"].Command; !slices.Contains(command, "log_error_verbosity=terse") {
		t.Errorf("postgres is started by %v", command)
	}
}

// TestMemoryIsLimited also protects the Go servers, which derive GOMEMLIMIT from the limit
// (httpapi.Serve).
func TestMemoryIsLimited(t *testing.T) {
	t.Parallel()
	const least = 256 << 20
	for name, service := range load(t).Services {
		if limit := int64(service.MemLimit); limit < least {
			t.Errorf("the memory limit of %s is %d bytes, want at least %d", name, limit, least)
		}
	}
}

func TestLogsAreBounded(t *testing.T) {
	t.Parallel()
	for name, service := range load(t).Services {
		if service.Logging == nil || service.Logging.Options["max-size"] == "" || service.Logging.Options["max-file"] == "" {
			t.Errorf("the log of %s is unbounded", name)
		}
		if service.PidsLimit == 0 {
			t.Errorf("%s may start any number of processes", name)
		}
	}
}

// imageUser returns the user that the compose file or the service's Dockerfile sets.
func imageUser(t *testing.T, root string, project *types.Project, service types.ServiceConfig) string {
	t.Helper()
	for _, other := range project.Services {
		if other.Image == service.Image && service.Build == nil {
			service.Build = other.Build
		}
	}
	if service.User != "" || service.Build == nil {
		return service.User
	}
	dockerfile := repotest.Read(t, filepath.Join(root, service.Build.Dockerfile))
	last := dockerfile[strings.LastIndex(dockerfile, "\nFROM "):]
	if match := regexp.MustCompile(`(?m)^USER (\S+)$`).FindStringSubmatch(last); match != nil {
		return match[1]
	}
	if strings.Contains(strings.SplitN(last, "\n", 3)[1], ":nonroot") {
		return "nonroot"
	}
	return ""
}

func TestServicesStartAfterTheirDependencies(t *testing.T) {
	t.Parallel()
	const healthy, completed = types.ServiceConditionHealthy, types.ServiceConditionCompletedSuccessfully
	want := map[string]map[string]string{
		"postgres": {},
		"roles":    {"postgres": healthy},
		"migrate":  {"roles": completed},
		"auth":     {"roles": completed},
		"tasks":    {"migrate": completed, "auth": healthy},
		"bff":      {"tasks": healthy, "auth": healthy},
		"edge":     {"bff": healthy},
	}
	got := map[string]map[string]string{}
	for name, service := range load(t).Services {
		got[name] = map[string]string{}
		for dependency, config := range service.DependsOn {
			got[name][dependency] = config.Condition
		}
		runsOnce := name == "roles" || name == "migrate"
		if service.HealthCheck == nil && !runsOnce {
			t.Errorf("%s has no health check", name)
		}
		if runsOnce && service.Restart != "no" {
			t.Errorf("%s restarts %q, want no", name, service.Restart)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("start order (-want +got):\n%s", diff)
	}
}

func TestSecretsHaveNoDefault(t *testing.T) {
	t.Parallel()
	for _, missing := range secrets {
		env := completeEnvironment()
		env[missing] = ""
		if _, err := loadWith(t, env); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: error = %v, want one that names it", missing, err)
		}
	}
	example := repotest.Read(t, filepath.Join(repotest.Root(t), ".env.example"))
	for _, secret := range secrets {
		if !regexp.MustCompile(`(?m)^` + secret + `=$`).MatchString(example) {
			t.Errorf(".env.example must have %s without a value", secret)
		}
	}
}

func TestAllServicesUseTheSamePublicURL(t *testing.T) {
	t.Parallel()
	env := completeEnvironment()
	env["PORT"] = "8443"
	project, err := loadWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	const want = "http://localhost:8443"
	for _, v := range []struct{ service, variable string }{
		{"auth", "BETTER_AUTH_URL"}, {"tasks", "JWT_ISSUER"}, {"bff", "PUBLIC_URL"},
	} {
		if got := project.Services[v.service].Environment[v.variable]; got == nil || *got != want {
			t.Errorf("%s of %s = %v, want %s", v.variable, v.service, got, want)
		}
	}
	ports := project.Services["edge"].Ports
	if len(ports) != 1 || ports[0].Published != "8443" || ports[0].HostIP != "127.0.0.1" {
		t.Errorf("ports of edge = %+v, want 8443 on 127.0.0.1", ports)
	}
}

func TestTrustedOrigins_ReachBothServers(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"", "https://app.example.com,https://www.example.com"} {
		env := completeEnvironment()
		env["TRUSTED_ORIGINS"] = want
		project, err := loadWith(t, env)
		if err != nil {
			t.Fatal(err)
		}
		for service, variable := range map[string]string{"auth": "BETTER_AUTH_TRUSTED_ORIGINS", "bff": "TRUSTED_ORIGINS"} {
			if got := project.Services[service].Environment[variable]; got == nil || *got != want {
				t.Errorf("%s of %s = %v, want %q", variable, service, got, want)
			}
		}
	}
}

// TestOnlyMigrate_ConnectsAsTheOwner: no server may change the tables, or read the rows of several
// users at once.
func TestOnlyMigrate_ConnectsAsTheOwner(t *testing.T) {
	t.Parallel()
	var owners []string
	for name, service := range load(t).Services {
		for variable, value := range service.Environment {
			if variable == "PGOPTIONS" {
				continue // it creates the roles
			}
			if value != nil && (strings.Contains(*value, "tasklane_owner") || strings.Contains(*value, completeEnvironment()["OWNER_PASSWORD"])) {
				owners = append(owners, name+" "+variable)
			}
		}
	}
	if diff := cmp.Diff([]string{"migrate DATABASE_URL_UNPOOLED"}, owners); diff != "" {
		t.Errorf("variables with the owner's password (-want +got):\n%s", diff)
	}
}

// TestOnlyNamedProxiesAreTrusted: sign-in limits count the requests of each address in
// X-Forwarded-For. The servers accept it only from the inner networks and from
// TRUSTED_PROXIES.
func TestOnlyNamedProxiesAreTrusted(t *testing.T) {
	t.Parallel()
	project := load(t)
	edge := project.Services["edge"]
	if len(edge.Command) > 0 || len(edge.Entrypoint) > 0 {
		t.Errorf("edge runs %s %s in place of its image's command, which reads the Caddyfile", edge.Entrypoint, edge.Command)
	}
	var config string
	for _, volume := range edge.Volumes {
		if volume.Target == "/etc/caddy/Caddyfile" {
			config = repotest.Read(t, volume.Source)
		}
	}
	if !strings.Contains(config, "\n\t\ttrusted_proxies 0.0.0.0/0 ::/0\n") {
		t.Errorf("edge does not forward the headers of a proxy in front of it:\n%s", config)
	}
	for _, service := range project.Services {
		// All clients of the published port have the address of the gateway of a
		// network that leads outside.
		if _, outside := service.Networks["outside"]; outside != (service.Name == "edge") {
			t.Errorf("%s is in the network outside: %t", service.Name, outside)
		}
	}
	for server, network := range map[string]string{"bff": "front", "auth": "inner"} {
		within := project.Networks[network]
		if !within.Internal || len(within.Ipam.Config) != 1 {
			t.Fatalf("the network %s is open, or has no subnet: %+v", network, within)
		}
		if got, want := *project.Services[server].Environment["TRUSTED_PROXIES"], within.Ipam.Config[0].Subnet; got != want {
			t.Errorf("%s trusts %s, want %s", server, got, want)
		}
	}
	env := completeEnvironment()
	env["SUBNET"], env["TRUSTED_PROXIES"] = "10.1.2", "172.18.0.1,192.0.2.7"
	other, err := loadWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	if got := *other.Services["bff"].Environment["TRUSTED_PROXIES"]; got != "10.1.2.0/25,172.18.0.1,192.0.2.7" {
		t.Errorf("with a proxy in front the bff trusts %s", got)
	}
	if got := *other.Services["auth"].Environment["TRUSTED_PROXIES"]; got != "10.1.2.128/25" {
		t.Errorf("in another subnet auth trusts %s", got)
	}
}

// TestEnvironmentMatchesTheCode: a misspelled variable would silently leave the default, and
// a missing one would fail only in a running container.
func TestEnvironmentMatchesTheCode(t *testing.T) {
	t.Parallel()
	root := repotest.Root(t)
	project := load(t)
	for name, dirs := range sources {
		var text string
		for _, dir := range dirs {
			text += repotest.Source(t, filepath.Join(root, dir))
		}
		set := project.Services[name].Environment
		for variable := range maps.Keys(set) {
			if !regexp.MustCompile(`\b` + variable + `\b`).MatchString(text) {
				t.Errorf("%s sets %s, which nothing in %s reads", name, variable, dirs)
			}
		}
		for _, match := range required.FindAllStringSubmatch(text, -1) {
			variable := match[1] + match[2]
			// Of the task service's program, migrate needs the owner's address and
			// serve everything else.
			if variable != "DATABASE_URL" && (name == "migrate") != (variable == "DATABASE_URL_UNPOOLED") {
				continue
			}
			if value := set[variable]; value == nil || *value == "" {
				t.Errorf("%s does not set %s, which %s requires", name, variable, dirs)
			}
		}
	}
}

// TestSettingsReachEveryProcessThatReadsThem checks what operators set in .env.
func TestSettingsReachEveryProcessThatReadsThem(t *testing.T) {
	t.Parallel()
	env := completeEnvironment()
	both := []string{"LOG_LEVEL", "RATE_LIMIT", "RATE_BURST", "MAX_IN_FLIGHT", "MAX_STREAMS", "DRAIN_DELAY", "OTEL_EXPORTER_OTLP_ENDPOINT"}
	want := map[string][]string{
		"auth":  {"JWT_LIFETIME", "LOG_LEVEL", "OTEL_EXPORTER_OTLP_ENDPOINT"},
		"bff":   append([]string{"SESSION_CACHE_TTL", "CLIENT_RATE_LIMIT", "CLIENT_RATE_BURST"}, both...),
		"tasks": append([]string{"MAX_USER_RESOURCES", "MAX_USER_BYTES"}, both...),
	}
	for _, names := range want {
		for _, name := range names {
			env[name] = "a-value-for-" + name
		}
	}
	project, err := loadWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	example := repotest.Read(t, filepath.Join(repotest.Root(t), ".env.example"))
	for service, names := range want {
		for _, name := range names {
			if got := project.Services[service].Environment[name]; got == nil || *got != env[name] {
				t.Errorf("%s does not get %s", service, name)
			}
			if !strings.Contains(example, "\n#"+name+"=") {
				t.Errorf(".env.example does not name %s", name)
			}
		}
	}
}

func TestAuthGetsEverySocialProvider(t *testing.T) {
	t.Parallel()
	env := completeEnvironment()
	config := repotest.Read(t, filepath.Join(repotest.Root(t), "services/auth/config.mjs"))
	names := regexp.MustCompile(`[A-Z]+_CLIENT_(ID|SECRET)`).FindAllString(config, -1)
	if len(names) == 0 {
		t.Fatal("the auth server has no social providers")
	}
	for _, name := range names {
		env[name] = "a-value-for-" + name
	}
	project, err := loadWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if got := project.Services["auth"].Environment[name]; got == nil || *got != env[name] {
			t.Errorf("auth does not get %s", name)
		}
	}
}

// required matches the variables that the Go servers and the auth server require.
var required = regexp.MustCompile(`env:"([A-Z_]+),[a-zA-Z,]*(?:required|notEmpty)|: env\.([A-Z_]+) \?\? ""`)

func TestDockerfilesFindTheirSources(t *testing.T) {
	t.Parallel()
	root := repotest.Root(t)
	for name, service := range load(t).Services {
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeBind {
				exists(t, volume.Source)
			}
		}
		if service.Build == nil {
			if service.Image == "" {
				t.Errorf("%s has neither an image nor a build", name)
			}
			continue
		}
		if service.Build.Context != root {
			t.Errorf("%s builds in %s, want the top of the repository", name, service.Build.Context)
		}
		for line := range strings.Lines(repotest.Read(t, filepath.Join(root, service.Build.Dockerfile))) {
			fields := strings.Fields(line)
			if len(fields) == 0 || fields[0] != "COPY" || strings.HasPrefix(fields[1], "--from") {
				continue
			}
			for _, source := range fields[1 : len(fields)-1] {
				if found, err := filepath.Glob(filepath.Join(root, source)); err != nil || len(found) == 0 {
					t.Errorf("%s: COPY %s finds no file", name, source)
				}
			}
		}
	}
}

func exists(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func load(t *testing.T) *types.Project {
	t.Helper()
	project, err := loadWith(t, completeEnvironment())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func completeEnvironment() map[string]string {
	env := map[string]string{}
	for _, secret := range secrets {
		env[secret] = "a-value-for-" + secret
	}
	return env
}

// loadWith loads the file and overlays like docker compose, with only the given
// variables.
func loadWith(t *testing.T, env map[string]string, overlays ...string) (*types.Project, error) {
	t.Helper()
	root := repotest.Root(t)
	var files []string
	for _, name := range append([]string{"docker-compose.yml"}, overlays...) {
		files = append(files, filepath.Join(root, name))
	}
	var pairs []string
	for name, value := range env {
		pairs = append(pairs, name+"="+value)
	}
	options, err := cli.NewProjectOptions(files,
		cli.WithWorkingDirectory(root), cli.WithEnv(pairs), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(t.Context())
}
