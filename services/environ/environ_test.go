package environ_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/environ"
)

type config struct {
	Port  environ.Port `env:"ENVIRON_TEST_PORT" envDefault:"80"`
	Ops   environ.Port `env:"ENVIRON_TEST_OPS"`
	Size  int          `env:"ENVIRON_TEST_SIZE" envDefault:"3"`
	Token string       `env:"ENVIRON_TEST_TOKEN"`
	Part  part
}

// part is a nested configuration, which several processes share.
type part struct {
	On    bool             `env:"ENVIRON_TEST_ON"`
	Site  environ.Origin   `env:"ENVIRON_TEST_SITE,notEmpty"`
	Level environ.LogLevel `env:"ENVIRON_TEST_LEVEL" envDefault:"info"`
}

func (c *config) Check() error {
	var errs []error
	if c.Token == "" {
		errs = append(errs, errors.New("ENVIRON_TEST_TOKEN must be set"))
	}
	if c.Size > 9 {
		errs = append(errs, errors.New("OTHER_ENVIRON_TEST_PORT must be set if ENVIRON_TEST_SIZE is large"))
	}
	if c.Port == c.Ops {
		errs = append(errs, errors.Join(errors.New("ENVIRON_TEST_PORT and ENVIRON_TEST_OPS must differ")))
	}
	return errors.Join(errs...)
}

func TestReadFrom_ReportsAllErrorsWithoutValues(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		environment map[string]string
		want        []string // a line for each error
	}{
		"valid":    {map[string]string{"PORT": "3000", "OPS": "9090", "TOKEN": "s3cret", "SITE": "https://a.example"}, nil},
		"defaults": {map[string]string{"PORT": "", "OPS": "9090", "TOKEN": "s3cret", "SITE": "https://a.example", "LEVEL": ""}, nil},
		"types and rules at once": {map[string]string{"PORT": "http", "OPS": "0", "SIZE": "s3cret", "ON": "maybe", "SITE": "s3cret", "LEVEL": "s3cret"}, []string{
			"ENVIRON_TEST_PORT must be a port from 1 to 65535",
			"ENVIRON_TEST_OPS must be a port from 1 to 65535",
			"ENVIRON_TEST_SIZE must be a whole number",
			"ENVIRON_TEST_ON must be true or false",
			"ENVIRON_TEST_SITE must be an origin such as https://tasks.example.com",
			"ENVIRON_TEST_LEVEL must be debug, info, warn or error",
			"ENVIRON_TEST_TOKEN must be set",
		}},
		"a number out of range": {map[string]string{"SIZE": "99999999999999999999", "OPS": "9090", "TOKEN": "s3cret", "SITE": "https://a.example"}, []string{
			"ENVIRON_TEST_SIZE is out of range",
		}},
		"a rule about a name that contains another": {map[string]string{"PORT": "http", "SIZE": "10", "TOKEN": "s3cret", "SITE": "https://a.example"}, []string{
			"ENVIRON_TEST_PORT must be a port from 1 to 65535",
			"OTHER_ENVIRON_TEST_PORT must be set if ENVIRON_TEST_SIZE is large",
		}},
		"rules": {map[string]string{"PORT": "9090", "OPS": "9090", "SITE": ""}, []string{
			"ENVIRON_TEST_SITE must be set",
			"ENVIRON_TEST_TOKEN must be set",
			"ENVIRON_TEST_PORT and ENVIRON_TEST_OPS must differ",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := map[string]string{}
			for name, value := range tc.environment {
				environment["ENVIRON_TEST_"+name] = value
			}
			var c config
			err := environ.ReadFrom(environment, &c)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n  ")[1:]
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v contains a value", err)
			}
			if err == nil && c.Size != 3 {
				t.Errorf("%+v", c)
			}
		})
	}
}

// TestRead_ReadsTheEnvironment sets the environment, so it cannot run in parallel.
func TestRead_ReadsTheEnvironment(t *testing.T) {
	t.Setenv("ENVIRON_TEST_TOKEN", "s3cret")
	t.Setenv("ENVIRON_TEST_SITE", "https://a.example")
	var c config
	if err := environ.Read(&c); err != nil || c.Token != "s3cret" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestReadFrom_ReadsFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const site = "https://a.example"
	for name, tc := range map[string]struct {
		environment map[string]string
		want        []string // a line for each error
	}{
		"a file holds the value":     {map[string]string{"TOKEN_FILE": path, "SITE": site}, nil},
		"an empty variable is unset": {map[string]string{"TOKEN_FILE": path, "TOKEN": "", "SITE": site, "SITE_FILE": ""}, nil},
		"a variable and its file":    {map[string]string{"TOKEN_FILE": path, "TOKEN": "s3cret", "SITE": site}, []string{"ENVIRON_TEST_TOKEN and ENVIRON_TEST_TOKEN_FILE must not both be set"}},
		"a missing file": {map[string]string{"TOKEN_FILE": path, "SITE_FILE": path + "s3cret"}, []string{
			"ENVIRON_TEST_SITE_FILE cannot be read: no such file or directory",
		}},
		"a value of the wrong type": {map[string]string{"TOKEN_FILE": path, "SITE": site, "SIZE_FILE": path}, []string{
			"ENVIRON_TEST_SIZE must be a whole number",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := map[string]string{"ENVIRON_TEST_OPS": "9090"}
			for name, value := range tc.environment {
				environment["ENVIRON_TEST_"+name] = value
			}
			var c config
			err := environ.ReadFrom(environment, &c)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n  ")[1:]
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v contains a value", err)
			}
			if c.Token != "s3cret" && tc.environment["TOKEN"] == "" {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestOrigin_IsSpelledAsBrowsersDo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://Tasks.Example.com/":      "https://tasks.example.com",
		"https://tasks.example.com:443":   "https://tasks.example.com",
		"http://localhost:5173":           "http://localhost:5173",
		"http://[::1]":                    "http://[::1]",
		"http://[::1]:80":                 "http://[::1]",
		"https://tasks.example.com:":      "",
		"https://tasks.example.com:0x1":   "",
		"https://tasks.example.com:99999": "",
		"http://[::1]:":                   "",
		"https://*.example.com":           "",
		"https://bücher.example":          "",
		"https://tasks.example.com/app":   "",
	} {
		var got environ.Origin
		switch err := got.UnmarshalText([]byte(text)); {
		case want == "" && err == nil:
			t.Errorf("%s: got %s, want an error", text, got)
		case want != "" && (err != nil || got.String() != want):
			t.Errorf("%s: got %v, %v, want %s", text, got, err, want)
		}
	}
}
