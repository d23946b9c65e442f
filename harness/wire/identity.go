package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/url"
)

// An Identity is a certificate with a key that identifies its holder, a workload or a
// client, by a URI. It can be used on both sides of a connection:
// https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md.
type Identity struct {
	// URI is the name in the certificate, "spiffe://orders.example/fastapi".
	URI string
	// Certificate includes its chain. Do not change it.
	Certificate tls.Certificate
}

// Identity creates a certificate for the URI, which needs a scheme and a host. Each call
// creates a new one. hosts, IP addresses or DNS names, are added to the certificate for
// clients of a server that check them.
func (ca *CA) Identity(uri string, hosts ...string) (*Identity, error) {
	name, err := url.Parse(uri)
	if err == nil && (name.Scheme == "" || name.Host == "") {
		err = fmt.Errorf("no scheme and host: write it as spiffe://orders.example/name")
	}
	if err != nil {
		return nil, fmt.Errorf("make an identity for %q: %w", uri, err)
	}
	template, err := certificateTemplate("corsproof run")
	if err != nil {
		return nil, err
	}
	template.URIs = []*url.URL{name}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make an identity for %q: %w", uri, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, &key.PublicKey, ca.key)
	if err != nil {
		return nil, fmt.Errorf("make an identity for %q: %w", uri, err)
	}
	return &Identity{URI: uri, Certificate: tls.Certificate{Certificate: [][]byte{der, ca.certificate.Raw}, PrivateKey: key}}, nil
}

// PEM returns the certificate with its chain, and the key (PKCS #8), in the format of
// files that programs read.
func (id *Identity) PEM() (chain, key []byte, err error) {
	for _, der := range id.Certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(id.Certificate.PrivateKey)
	if err != nil {
		return nil, nil, fmt.Errorf("encode the key of %q: %w", id.URI, err)
	}
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
