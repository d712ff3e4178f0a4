//! Evidence of which cluster this is: certificates hashed.

use base64::Engine as _;
use sha2::{Digest, Sha256};

/// SHA-256 over the DER of every certificate in a PEM text, in their order, as lower-case hex.
/// `None` when there is no certificate in it.
pub fn certificates_sha256(pem: &[u8]) -> Option<String> {
    let mut hash = Sha256::new();
    let mut found = false;
    let mut rest = pem;
    while let Some(start) = find(rest, b"-----BEGIN ") {
        let after = rest.get(start + 11..)?;
        let Some(label_end) = find(after, b"-----") else { break };
        let (label, body) = (after.get(..label_end)?, after.get(label_end + 5..)?);
        let Some(body_end) = find(body, b"-----END ") else { break };
        let text: Vec<u8> =
            body.get(..body_end)?.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        rest = body.get(body_end + 9..)?;
        if label != b"CERTIFICATE" {
            continue;
        }
        if let Ok(der) = base64::engine::general_purpose::STANDARD.decode(&text) {
            hash.update(&der);
            found = true;
        }
    }
    found.then(|| hex(&hash.finalize()))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|d| char::from_digit(u32::from(d), 16)).collect()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem() -> (String, Vec<u8>) {
        let key = rcgen::KeyPair::generate().unwrap();
        let cert = rcgen::CertificateParams::new(vec!["x".into()]).unwrap().self_signed(&key).unwrap();
        (cert.pem(), cert.der().to_vec())
    }

    #[test]
    fn hashes_the_der() {
        let (text, der) = pem();
        assert_eq!(certificates_sha256(text.as_bytes()), Some(hex(&Sha256::digest(&der))));
    }

    #[test]
    fn line_ends_and_other_blocks_do_not_matter() {
        let (text, _) = pem();
        let plain = certificates_sha256(text.as_bytes());
        let other =
            format!("# note\n-----BEGIN X-----\nAAAA\n-----END X-----\n{}", text.replace('\n', "\r\n"));
        assert_eq!(certificates_sha256(other.as_bytes()), plain);
    }

    #[test]
    fn no_certificate_is_no_hash() {
        for text in [
            "",
            "-----BEGIN ",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
            "junk",
        ] {
            assert_eq!(certificates_sha256(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn two_certificates_differ_from_one() {
        let (a, _) = pem();
        let (b, _) = pem();
        assert_ne!(certificates_sha256(format!("{a}{b}").as_bytes()), certificates_sha256(a.as_bytes()));
    }
}
