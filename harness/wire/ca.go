package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Certificates are valid from one hour ago, to allow for clock differences, for one week:
// longer than any run, and shorter than the limits of browsers.
const (
	certificateBackdate = time.Hour
	certificateLifetime = 7 * 24 * time.Hour
)

// maxLeaves bounds the leaf certificates that a CA keeps.
const maxLeaves = 1024

// A CA is the certificate authority of one run. It exists only in memory. All its leaf
// certificates share one key, so that one pin covers them all. Each leaf has one name:
// with several names HTTP/2 would use one connection for two hosts. It is safe for
// concurrent use.
type CA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	leafKey     *ecdsa.PrivateKey
	pin         string

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

// NewCA returns a CA with new keys.
func NewCA() (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the run's CA: %w", err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the run's CA: %w", err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&leafKey.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("make the run's CA: %w", err)
	}
	pin := sha256.Sum256(spki)
	template, err := certificateTemplate("corsproof run CA")
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.MaxPathLenZero = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make the run's CA: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make the run's CA: %w", err)
	}
	return &CA{
		certificate: certificate,
		key:         key,
		leafKey:     leafKey,
		pin:         base64.StdEncoding.EncodeToString(pin[:]),
		leaves:      map[string]*tls.Certificate{},
	}, nil
}

// Leaf returns the certificate for a host, a DNS name or an IP address without port, with
// its chain. It is created on the first call, and created again if it was dropped because
// there are too many hosts. The caller must not change it.
func (ca *CA) Leaf(host string) (*tls.Certificate, error) {
	host = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	ca.mu.Lock()
	defer ca.mu.Unlock()
	if leaf := ca.leaves[host]; leaf != nil {
		return leaf, nil
	}
	template, err := certificateTemplate("corsproof run")
	if err != nil {
		return nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if ip, err := netip.ParseAddr(host); err == nil {
		template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
	} else if host == "" || strings.ContainsAny(host, ":*/ ") {
		return nil, fmt.Errorf("make a certificate for %q: not a host name: leave out scheme, port and wildcard", host)
	} else {
		template.DNSNames = []string{strings.TrimSuffix(host, ".")}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, &ca.leafKey.PublicKey, ca.key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for %q: %w", host, err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for %q: %w", host, err)
	}
	leaf := &tls.Certificate{Certificate: [][]byte{der, ca.certificate.Raw}, PrivateKey: ca.leafKey, Leaf: parsed}
	if len(ca.leaves) >= maxLeaves {
		for other := range ca.leaves { // any
			delete(ca.leaves, other)
			break
		}
	}
	ca.leaves[host] = leaf
	return leaf, nil
}

// LeafPEM returns [CA.Leaf] with its chain, and the key (PKCS #8), in the format of files
// that servers read.
func (ca *CA) LeafPEM(host string) (chain, key []byte, err error) {
	leaf, err := ca.Leaf(host)
	if err != nil {
		return nil, nil, err
	}
	return encodePEM(ca.leafKey, leaf.Certificate...)
}

// ServerPEM creates a certificate for all names, and returns it like [CA.LeafPEM]. It is
// for a server that has one certificate for several hosts and is not called by a browser
// directly, which would use one HTTP/2 connection for them. A name may begin with "*.",
// or be an IP address.
func (ca *CA) ServerPEM(names ...string) (chain, key []byte, err error) {
	template, err := certificateTemplate("corsproof run")
	if err != nil {
		return nil, nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	for _, name := range names {
		if ip, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
			template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
		} else if name == "" || strings.ContainsAny(strings.TrimPrefix(name, "*."), ":*/ ") {
			return nil, nil, fmt.Errorf("make a certificate for %q: not a host name: leave out scheme and port", name)
		} else {
			template.DNSNames = append(template.DNSNames, strings.TrimSuffix(name, "."))
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, &ca.leafKey.PublicKey, ca.key)
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate for %q: %w", names, err)
	}
	return encodePEM(ca.leafKey, der, ca.certificate.Raw)
}

func encodePEM(private *ecdsa.PrivateKey, certificates ...[]byte) (chain, key []byte, err error) {
	for _, der := range certificates {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("encode a certificate's key: %w", err)
	}
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// SPKIPin returns the base64 SHA-256 of the leaves' public key, for Chromium's
// --ignore-certificate-errors-spki-list.
func (ca *CA) SPKIPin() string { return ca.pin }

// Pool returns a new pool with only the CA's certificate.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.certificate)
	return pool
}

// PEM returns the CA's certificate, for clients that read it from a file.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})
}

func certificateTemplate(organization string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a certificate's serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{organization}},
		NotBefore:             now.Add(-certificateBackdate),
		NotAfter:              now.Add(certificateLifetime),
		BasicConstraintsValid: true,
	}, nil
}
