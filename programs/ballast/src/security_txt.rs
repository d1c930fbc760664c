//! Whom to tell about a vulnerability, readable in the program's bytes by the tools that look for it there: names and values in
//! turn, each ended by a zero.
//!
//! There is no public address yet: the policy is SECURITY.md of the sources, and a deployment puts its own contact here.

/// The text.
pub(crate) static SECURITY_TXT: [u8; 207] = *b"=======BEGIN SECURITY.TXT V1=======\0\
name\0Ballast\0\
project_url\0none yet\0\
contacts\0other:private vulnerability reports of the source repository\0\
policy\0SECURITY.md\0\
auditors\0None\0\
=======END SECURITY.TXT V1=======\0";
