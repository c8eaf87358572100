//! `#[derive(FromCells)]`: a row is read from left to right, a field a cell.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result, parse_macro_input};

/// Reads the fields of a struct from the cells of a row, in the order in which both stand.
#[proc_macro_derive(FromCells)]
pub fn from_cells(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    implementation(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

fn implementation(input: &DeriveInput) -> Result<Tokens> {
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            _ => None,
        },
        _ => None,
    };
    let message = "a row is a struct with named fields";
    let fields = named.ok_or_else(|| Error::new_spanned(&input.ident, message))?;
    let (name, fields) = (&input.ident, fields.iter().map(|field| &field.ident));
    Ok(quote! {
        impl ::duban_entities::row::FromCells for #name {
            fn from_cells<C: ::duban_entities::row::Cells>(
                cells: &mut C,
            ) -> ::core::result::Result<Self, C::Error> {
                ::core::result::Result::Ok(Self { #(#fields: cells.take()?,)* })
            }
        }
    })
}
