//! TLS with the machine's own roots, on the library that this program has anyway.

use std::sync::Arc;

use rustls::crypto::ring;

use crate::error::Error;

/// The configuration.
pub(crate) fn tls() -> Result<rustls::ClientConfig, Error> {
    let mut roots = rustls::RootCertStore::empty();
    // Roots that cannot be read are left out; a machine without any can still ask in plain HTTP.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::NoTls(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
